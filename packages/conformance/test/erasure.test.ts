/** Erasure as a claim of its own, for stores that keep texts in other ways. */
import {
  conformance,
  type Harness,
  markdownOf,
  type OpenStore,
  requirements,
  runConformance
} from '@userpoint/conformance'
import { expect, test } from 'vitest'
import { harnessOf } from './broken/small-store.ts'

const small = harnessOf({ name: 'small' })

/** The small store with a harness that was changed. */
const changed = (change: (open: OpenStore) => OpenStore): Harness => ({
  name: 'changed',
  open: async () => change(await small.open())
})

const outcomeOf = async (harness: Harness, key: string): Promise<string> => {
  const one = conformance(harness).find(({ requirement }) => requirement.key === key)
  try {
    return (await one?.run())?._tag ?? 'unknown'
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n').find((line) => line.includes('seen:')) ?? '') : ''
  }
}

const hidden = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0x55)

const withHiddenFiles = (open: OpenStore): OpenStore => ({
  ...open,
  dump: async () => [...((await open.dump?.()) ?? [])].map(({ name, bytes }) => ({ name, bytes: hidden(bytes) }))
})

test('[PO-14] a durable store whose files cannot be read claims no erasure, and conforms', async () => {
  const closed = changed((open) => {
    const { dump: _, ...rest } = open
    return rest
  })
  expect(await outcomeOf(closed, 'harness.complete')).toBe('Passed')
  for (const { key } of requirements.filter(({ needs }) => needs.includes('erasure') || needs.includes('plain'))) {
    expect(await outcomeOf(closed, key), key).toBe('NotClaimed')
  }
})

test('[PO-14] a store says how a text looks in its files', async () => {
  const looks = (text: string) => [hidden(new TextEncoder().encode(text))]
  const spelt = changed((open) => ({ ...withHiddenFiles(open), looks }))
  expect(await outcomeOf(spelt, 'PO-14.deleted')).toBe('Passed')
  const lazy = changed((open) => ({
    ...withHiddenFiles(open),
    looks,
    repository: { ...open.repository, purge: () => undefined }
  }))
  expect(await outcomeOf(lazy, 'PO-14.deleted')).toContain('a body is left in 1 of 1 files: disk')
})

test('[PO-14] a store whose texts are never readable is searched for readable ones', async () => {
  const looks = () => 'never readable' as const
  expect(
    await outcomeOf(
      changed((open) => ({ ...withHiddenFiles(open), looks })),
      'PO-14.deleted'
    )
  ).toBe('Passed')
  expect(
    await outcomeOf(
      changed((open) => ({ ...open, looks })),
      'PO-14.deleted'
    )
  ).toContain('a body is readable in disk, although none ever is')
})

// Slow: the whole suite runs.
test('the report names the files that were searched', async () => {
  const report = await runConformance(small, { runs: 0.001, shrink: false })
  expect(report.searched).toEqual(['disk'])
  expect(markdownOf(report)).toContain('\nErasure: searched disk.\n')
  expect(markdownOf({ ...report, searched: [] })).toContain('\nErasure: not claimed.\n')
})
