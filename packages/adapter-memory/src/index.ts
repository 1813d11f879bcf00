export { createMemoryRepository, createMemoryStore } from './memory-repository.ts'
export type { MemoryStore } from './memory-repository.ts'
