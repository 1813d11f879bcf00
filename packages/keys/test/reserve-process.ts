/** The program of another process: `reserve-process.ts <key file> <count>` reserves shelves and tells their first slots. */
import { createFileKeys } from '@userpoint/keys'

const [path = '', count = '0'] = process.argv.slice(2)
const keys = createFileKeys(path)
const given: number[] = []
for (let at = 0; at < Number(count); at++) given.push((await keys.reserve()).first)
process.send?.(given)
keys.close()
