/** The files of a store on SQLite. */
import { rmSync } from 'node:fs'

const ends = ['', '-wal', '-shm', '.keys']

/** Removes all files of a store. */
export const removeStore = (/** @type {string} */ store) => {
  for (const end of ends) rmSync(store + end, { force: true })
}
