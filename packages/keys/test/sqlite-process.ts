/** The program of another process: `sqlite-process.ts <file> <key file> <renewal>` serves the store to its parent. */
import { serveStore } from '@userpoint/conformance/process'
import { openWithKeys } from './sqlite-store.ts'

const [file = '', keyFile = '', renewal] = process.argv.slice(2)

serveStore(openWithKeys(file, keyFile, { renew: renewal === 'every' ? 'every' : 'erasing' }))
