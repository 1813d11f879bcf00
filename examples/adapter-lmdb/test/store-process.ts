/** Another process on the store in the folder that is its argument: the suite races it, and kills it. */
import { argv } from 'node:process'
import { serveStore } from '@userpoint/conformance/process'
import { openLmdbRepository } from '../src/lmdb-repository.ts'

serveStore(openLmdbRepository(argv[2] ?? ''))
