// Lets `node --import` run TypeScript in a second process: Node 20 cannot by itself.
import { register } from 'node:module'

register('./typescript-hooks.mjs', import.meta.url)
