/** Every contender, by the name that the command line and a child process know it by. */
import { inMemory, onSqlite } from './library.mjs'
import { parseOnly } from './parse-only.mjs'
import { peer } from './peer.mjs'
import { readModifyWrite } from './read-modify-write.mjs'
import { script } from './script.mjs'

export const contenders = {
  sqlite: onSqlite,
  memory: inMemory,
  parse: parseOnly,
  script,
  rmw: readModifyWrite,
  peer
}

/** @typedef {keyof typeof contenders} ContenderName */
