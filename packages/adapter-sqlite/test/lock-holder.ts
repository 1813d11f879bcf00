/** `lock-holder.ts <driver> <file> <ms>` holds the write lock for so long, and says `held` to its parent when it has it. */
import { driverNamed } from './drivers.ts'

const [driver = '', file = '', milliseconds = '0'] = process.argv.slice(2)
const database = driverNamed(driver).open(file)

database.exec('begin immediate')
process.send?.('held')
setTimeout(() => {
  database.exec('commit')
  database.close()
  process.disconnect()
}, Number(milliseconds))
