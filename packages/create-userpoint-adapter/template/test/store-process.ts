// Another process on the store, which the suite starts and kills.
import { argv } from 'node:process'
import { serveStore } from '@userpoint/conformance/process'
import { openRepository } from '../src/repository.ts'

serveStore(openRepository(argv[2] ?? ''))
