export { createMemoryRepository } from '@userpoint/adapter-memory'
export { createEngine } from '@userpoint/core'
