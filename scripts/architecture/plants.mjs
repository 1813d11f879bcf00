/**
 * Violations to plant, at least one for each rule: files of a generated workspace that break the named rule. `at` is the
 * file that a report must name.
 */

/** A module that imports a value (or, with `type`, a type) and offers both, so that others can import from it. */
const module = (/** @type {ReadonlyArray<string>} */ ...imports) =>
  [...imports, 'export const value = 1', 'export type Value = number', ''].join('\n')

const using = (/** @type {string} */ from) => module(`import { value as used } from '${from}'`, 'export { used }')
const typing = (/** @type {string} */ from) =>
  module(`import type { Value as Used } from '${from}'`, 'export type { Used }')

/** The modules that the plants import; they have no violations. */
export const soil = {
  'packages/core/src/index.ts': typing('./domain/json.ts'),
  'packages/core/src/fp.ts': "export * as E from 'fp-ts/lib/Either.js'\n",
  'packages/core/src/domain/json.ts': module(),
  'packages/core/src/domain/profile.ts': using('./json.ts'),
  'packages/core/src/command/command.ts': using('../domain/profile.ts'),
  'packages/core/src/dialects/second/line.ts': using('../../domain/json.ts'),
  'packages/core/src/dialects/codec/line.ts': module("export * as t from 'io-ts'"),
  'packages/core/src/decide/decide.ts': module(
    "export { produce } from 'immer'",
    "export * as C from '../command/command.ts'"
  ),
  'packages/core/src/repository/index.ts': typing('../domain/json.ts'),
  'packages/core/src/engine/engine.ts': module(
    "export * as D from '../decide/decide.ts'",
    "export type * as R from '../repository/index.ts'"
  ),
  'packages/core/src/engine/input/line.ts': typing('../../domain/json.ts'),
  'packages/core/src/engine/transaction/transaction.ts': typing('../input/line.ts'),
  'packages/core/src/engine/lookahead/pipeline.ts': typing('../transaction/transaction.ts'),
  'packages/core/src/engine/import/run-import.ts': typing('../lookahead/pipeline.ts'),
  'packages/core/src/engine/execution/run-execution.ts': typing('../import/run-import.ts'),
  'packages/core/src/engine/maintenance/sweep.ts': typing('../transaction/transaction.ts'),
  'packages/adapter-memory/src/index.ts': typing('@userpoint/core/repository'),
  'packages/adapter-sqlite/src/index.ts': using('@userpoint/core/repository'),
  'packages/adapter-mysql/src/index.ts': using('@userpoint/core/repository'),
  'packages/adapter-postgres/src/index.ts': using('@userpoint/core/repository'),
  'packages/keys/src/index.ts': module(
    "export type * as R from '@userpoint/core/repository'",
    "export { createHmac } from 'node:crypto'"
  ),
  'packages/conformance/src/index.ts': module(
    "export type * as R from '@userpoint/core/repository'",
    "export type * as C from '@userpoint/core'",
    "export type { Arbitrary } from 'fast-check'"
  ),
  'packages/conformance/src/binding.ts': module(
    "export { join } from 'node:path'",
    "export type * as I from './index.ts'"
  ),
  'packages/conformance/src/node-test.ts': module("export { test } from 'node:test'"),
  'packages/conformance/src/vitest.ts': module("export { test } from 'vitest'"),
  'packages/http/src/index.ts': module(
    "export type * as C from '@userpoint/core'",
    "export type * as R from '@userpoint/core/repository'",
    "export { Hono } from 'hono'"
  ),
  'packages/http/src/node/index.ts': module(
    "export { readFileSync } from 'node:fs'",
    "export { Registry } from 'prom-client'",
    "export type * as H from '../index.ts'"
  ),
  'packages/cli/src/index.ts': module(
    "export type * as C from '@userpoint/core'",
    "export * as S from '@userpoint/adapter-sqlite'",
    "export { Command } from 'commander'",
    "export { readFileSync } from 'node:fs'"
  )
}

/**
 * @typedef {object} Plant
 * @property {string} rule
 * @property {string} at
 * @property {string} text
 */

/**
 * Violations of the import rules in .dependency-cruiser.mjs.
 *
 * @type {ReadonlyArray<Plant>}
 */
export const importPlants = [
  { rule: 'no-cycle', at: 'packages/core/src/domain/ouroboros.ts', text: using('./ouroboros.ts') },
  { rule: 'resolvable', at: 'packages/core/src/domain/nowhere.ts', text: using('./absent.ts') },
  { rule: 'fp-ts-has-one-door', at: 'packages/core/src/decide/side-door.ts', text: using('fp-ts/lib/Option.js') },
  { rule: 'fp-ts-from-lib', at: 'packages/core/src/engine/bare-module.ts', text: using('fp-ts/Either') },
  { rule: 'fp-ts-from-lib', at: 'packages/core/src/engine/bare-package.ts', text: using('fp-ts') },
  { rule: 'io-ts-in-codecs', at: 'packages/core/src/command/shape.ts', text: using('io-ts') },
  { rule: 'immer-edits-values', at: 'packages/core/src/engine/draft.ts', text: using('immer') },
  { rule: 'core-no-builtin', at: 'packages/core/src/engine/file.ts', text: using('node:fs') },
  { rule: 'core-packages', at: 'packages/core/src/engine/id.ts', text: using('uuid') },
  { rule: 'hashes-in-dialects', at: 'packages/core/src/domain/hash.ts', text: using('@noble/hashes/sha2.js') },
  { rule: 'core-packages', at: 'packages/core/src/engine/store.ts', text: using('@userpoint/adapter-memory') },
  { rule: 'core-index-is-for-others', at: 'packages/core/src/engine/round-about.ts', text: typing('../index.ts') },
  { rule: 'fp-imports-fp-ts-only', at: 'packages/core/src/fp.ts', text: using('./domain/json.ts') },
  { rule: 'wrong-call-stands-alone', at: 'packages/core/src/wrong-call.ts', text: using('./domain/json.ts') },
  { rule: 'domain-layer', at: 'packages/core/src/domain/asks.ts', text: typing('../command/command.ts') },
  { rule: 'domain-layer', at: 'packages/core/src/domain/keeps.ts', text: typing('../repository/index.ts') },
  { rule: 'command-layer', at: 'packages/core/src/command/decides.ts', text: typing('../decide/decide.ts') },
  { rule: 'core-knows-no-dialect', at: 'packages/core/src/engine/reads.ts', text: typing('../dialects/codec/line.ts') },
  {
    rule: 'dialects-stand-alone',
    at: 'packages/core/src/dialects/first/line.ts',
    text: using('../second/line.ts')
  },
  {
    rule: 'dialects-stand-alone',
    at: 'packages/core/src/dialects/second/decides.ts',
    text: using('../../decide/decide.ts')
  },
  {
    rule: 'shared-codecs-know-no-dialect',
    at: 'packages/core/src/dialects/codec/knows.ts',
    text: typing('../second/line.ts')
  },
  { rule: 'decide-layer', at: 'packages/core/src/decide/keeps.ts', text: typing('../repository/index.ts') },
  { rule: 'decide-layer', at: 'packages/core/src/decide/waits.ts', text: typing('../engine/engine.ts') },
  {
    rule: 'engine-room-input',
    at: 'packages/core/src/engine/input/later.ts',
    text: typing('../transaction/transaction.ts')
  },
  {
    rule: 'engine-room-transaction',
    at: 'packages/core/src/engine/transaction/later.ts',
    text: typing('../lookahead/pipeline.ts')
  },
  {
    rule: 'engine-room-lookahead',
    at: 'packages/core/src/engine/lookahead/later.ts',
    text: typing('../import/run-import.ts')
  },
  {
    rule: 'engine-room-import',
    at: 'packages/core/src/engine/import/later.ts',
    text: typing('../execution/run-execution.ts')
  },
  {
    rule: 'engine-room-execution',
    at: 'packages/core/src/engine/execution/later.ts',
    text: typing('../engine.ts')
  },
  {
    rule: 'engine-room-feed',
    at: 'packages/core/src/engine/feed/later.ts',
    text: typing('../maintenance/sweep.ts')
  },
  {
    rule: 'engine-room-maintenance',
    at: 'packages/core/src/engine/maintenance/later.ts',
    text: typing('../engine.ts')
  },
  {
    rule: 'engine-lookahead-is-handed-in',
    at: 'packages/core/src/engine/import/ahead.ts',
    text: using('../lookahead/pipeline.ts')
  },
  { rule: 'repository-stands-alone', at: 'packages/core/src/repository/functional.ts', text: typing('../fp.ts') },
  {
    rule: 'repository-stands-alone',
    at: 'packages/core/src/repository/personal.ts',
    text: typing('../domain/profile.ts')
  },
  { rule: 'repository-takes-types-only', at: 'packages/core/src/repository/code.ts', text: using('../domain/json.ts') },
  { rule: 'adapter-imports-port', at: 'packages/adapter-memory/src/all-of-core.ts', text: typing('@userpoint/core') },
  { rule: 'adapter-imports-port', at: 'packages/adapter-sqlite/src/driver.ts', text: typing('better-sqlite3') },
  { rule: 'adapter-imports-port', at: 'packages/adapter-sqlite/src/builtin.ts', text: using('node:sqlite') },
  { rule: 'adapter-imports-port', at: 'packages/adapter-mysql/src/driver.ts', text: typing('mysql2/promise') },
  { rule: 'adapter-imports-port', at: 'packages/adapter-postgres/src/driver.ts', text: typing('pg') },
  { rule: 'keys-packages', at: 'packages/keys/src/all-of-core.ts', text: typing('@userpoint/core') },
  { rule: 'keys-packages', at: 'packages/keys/src/store.ts', text: using('@userpoint/adapter-memory') },
  { rule: 'conformance-packages', at: 'packages/conformance/src/store.ts', text: using('@userpoint/adapter-memory') },
  { rule: 'conformance-packages', at: 'packages/conformance/src/run.ts', text: using('vitest') },
  { rule: 'conformance-packages', at: 'packages/conformance/src/file.ts', text: using('node:fs') },
  { rule: 'conformance-packages', at: 'packages/conformance/src/line.ts', text: using('node:net') },
  { rule: 'conformance-proxy', at: 'packages/conformance/src/proxy/file.ts', text: using('node:fs') },
  { rule: 'conformance-bindings', at: 'packages/conformance/src/vitest.ts', text: using('@userpoint/core') },
  {
    rule: 'conformance-port-layer',
    at: 'packages/conformance/src/requirements/people.ts',
    text: typing('@userpoint/core')
  },
  {
    rule: 'conformance-oracles-stand-alone',
    at: 'packages/conformance/src/behaviour/oracle.ts',
    text: using('@userpoint/core')
  },
  { rule: 'conformance-oracles-stand-alone', at: 'packages/conformance/src/oracle.ts', text: using('./index.ts') },
  {
    rule: 'userpoint-packages',
    at: 'packages/userpoint/src/keeps.ts',
    text: using('../../adapter-memory/src/index.ts')
  },
  {
    rule: 'settings-packages',
    at: 'packages/settings/src/keeps.ts',
    text: using('../../adapter-memory/src/index.ts')
  },
  { rule: 'settings-no-builtin', at: 'packages/settings/src/reads.ts', text: using('node:fs') },
  { rule: 'http-packages', at: 'packages/http/src/keeps.ts', text: using('../../adapter-memory/src/index.ts') },
  { rule: 'http-packages', at: 'packages/http/src/decides.ts', text: using('../../core/src/decide/decide.ts') },
  { rule: 'http-no-builtin', at: 'packages/http/src/counts.ts', text: using('prom-client') },
  { rule: 'http-no-builtin', at: 'packages/http/src/spools.ts', text: using('./node/index.ts') },
  { rule: 'http-no-node-module', at: 'packages/http/src/reads.ts', text: using('node:fs') },
  { rule: 'cli-packages', at: 'packages/cli/src/trial.ts', text: using('../../conformance/src/index.ts') },
  { rule: 'cli-is-outermost', at: 'tests/test/program.test.ts', text: using('../../packages/cli/src/index.ts') },
  {
    rule: 'packages-by-name',
    at: 'packages/adapter-memory/test/shortcut.test.ts',
    text: using('../../core/src/index.ts')
  },
  { rule: 'no-dev-dependency', at: 'packages/cli/src/draw.ts', text: typing('fast-check') }
]

/**
 * Uses of words that the neutral parts of core may not have.
 *
 * @type {ReadonlyArray<Plant>}
 */
export const wordPlants = [
  {
    rule: 'core-names-no-vendor',
    at: 'packages/core/src/command/sentence.ts',
    text: "export const sentence = 'either insider_id or idenifiers must be specified'\n"
  },
  {
    rule: 'core-names-no-vendor',
    at: 'packages/core/src/domain/limits.ts',
    text: 'export const vendorHyperPointLimits = 1\n'
  },
  {
    rule: 'core-knows-no-http',
    at: 'packages/core/src/engine/answer.ts',
    text: '/** Returns the HTTP status of a verdict. */\nexport const status = 400\n'
  }
]

/**
 * Violations of the bans in .oxlintrc.json that keep core free of side effects and the code honest.
 *
 * @type {ReadonlyArray<Plant>}
 */
export const lintPlants = [
  {
    rule: 'no-restricted-globals',
    at: 'packages/core/src/decide/clock.ts',
    text: 'export const now = () => Date.now()\n'
  },
  {
    rule: 'no-restricted-globals',
    at: 'packages/core/src/decide/today.ts',
    text: 'export const now = () => new Date()\n'
  },
  {
    rule: 'no-restricted-properties',
    at: 'packages/core/src/decide/dice.ts',
    text: 'export const roll = () => Math.random()\n'
  },
  { rule: 'no-restricted-imports', at: 'packages/core/src/bare.ts', text: "export { left } from 'fp-ts/Either'\n" },
  {
    rule: 'no-console',
    at: 'packages/conformance/src/talk.ts',
    text: "export const talk = () => console.log('done')\n"
  },
  { rule: 'no-default-export', at: 'packages/core/src/nameless.ts', text: 'export default 1\n' },
  { rule: 'no-explicit-any', at: 'packages/core/src/anything.ts', text: 'export const value = (x: any) => x\n' },
  {
    rule: 'no-floating-promises',
    at: 'packages/core/src/engine/forgets.ts',
    text: 'export const forget = (work: () => Promise<void>) => {\n  work()\n}\n'
  },
  {
    rule: 'switch-exhaustiveness-check',
    at: 'packages/core/src/decide/partial.ts',
    text: "export const size = (unit: 'whole' | 'part') => {\n  switch (unit) {\n    case 'whole':\n      return 1\n  }\n  return 0\n}\n"
  }
]
