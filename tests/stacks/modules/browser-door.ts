export { createMemoryRepository } from '@userpoint/adapter-memory'
export { createUserpoint } from 'userpoint'
