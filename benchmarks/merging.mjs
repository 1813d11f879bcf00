/** Merging profiles: our patches beside popular merge packages. */
import { apply, deepMerge } from '@userpoint/core/patch'
import deepmerge from 'deepmerge'
import jsonMergePatch from 'json-merge-patch'
import lodashMerge from 'lodash.merge'
import { inTurns } from './in-turns.mjs'
import { profileLine } from './workloads.mjs'

/** @typedef {import('@userpoint/core').JsonObject} JsonObject */

const small = (/** @type {number} */ turn) => /** @type {JsonObject} */ (profileLine(1, turn).user_profile)

/** @returns {JsonObject} */
const large = (/** @type {number} */ turn) =>
  Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`group_${i}`, { ...profileLine(i, turn).user_profile, at: i + turn }])
  )

/** @param {{ rounds: number }} options */
export const compareMerges = ({ rounds }) =>
  [
    { title: 'merge 200 bytes into 200 bytes', own: small(0), given: small(1) },
    { title: 'merge 10 kB into 10 kB', own: large(0), given: large(1) },
    { title: 'merge 200 bytes into 10 kB', own: large(0), given: { group_7: small(1) } }
  ].flatMap(({ title, own, given }) =>
    inTurns(
      title,
      {
        userpoint: () => apply(deepMerge(given, 'concat'), own),
        deepmerge: () => deepmerge(own, given),
        'lodash.merge': () => lodashMerge({}, own, given),
        // It changes its target, so that it is given a copy of one level: less than a caller needs.
        'json-merge-patch': () => jsonMergePatch.apply({ ...own }, given)
      },
      rounds
    )
  )
