/** The library itself, with the defaults of the engine. */
import { createReadStream } from 'node:fs'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'

import { newId } from '../ids.mjs'
import { documentType } from '../workloads.mjs'
import { pieceSize } from './contender.mjs'

/** @typedef {import('@userpoint/core/repository').Repository} Repository */

/** @returns {Promise<number>} How many lines were applied. */
export const importInto = async (
  /** @type {Repository} */ repository,
  /** @type {import('./contender.mjs').Job} */ { workload, input }
) => {
  // A purge rewrites the file: what it costs depends on the store's size, and not on the lines.
  const engine = createEngine({
    dialect: mediarithmics,
    repository,
    clock: Date.now,
    newId,
    purge: 'manual'
  })
  let verdicts = 0
  const outcome = await engine.importDocument(
    documentType(workload),
    () => createReadStream(input, { highWaterMark: pieceSize }),
    {
      onVerdicts: (some) => {
        verdicts += some.length
      }
    }
  )
  if (outcome._tag === 'Left') throw new Error(outcome.left.error._tag)
  const { applied } = outcome.right
  if (applied !== verdicts) throw new Error(`${verdicts} verdicts, and ${applied} lines were applied`)
  return applied
}
