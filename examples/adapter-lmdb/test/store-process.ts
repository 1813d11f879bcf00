/** Opens the store in the folder of its argument, in a process that the suite races and kills. */
import { argv } from 'node:process'
import { serveStore } from '@userpoint/conformance/process'
import { openLmdbRepository } from '../src/lmdb-repository.ts'

serveStore(openLmdbRepository(argv[2] ?? ''))
