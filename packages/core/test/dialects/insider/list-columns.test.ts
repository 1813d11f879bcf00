import { describe, expect, it } from 'vitest'
import { listColumns } from '../../../src/dialects/insider/list-columns.ts'
import { defaultIdentitySettings, type IdentitySettings } from '../../../src/dialects/insider/settings.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import { key, profile } from '../../decide/given.ts'
import { wholePerson } from '../../decide/whole-person.ts'

const listed = async (
  all: ReadonlyArray<JsonObject>,
  { limit = 100, ...settings }: Partial<IdentitySettings> & { readonly limit?: number } = {}
) => {
  const subjects = async function* () {
    for (const [n, properties] of all.entries())
      yield wholePerson(`p${n}`, {
        profiles: [profile(key('0'), properties), profile(key('7'), { custom: { other: 1 } })]
      })
  }
  return listColumns(subjects(), key('0'), { settings: { ...defaultIdentitySettings, ...settings }, limit })
}

const custom = async (...all: ReadonlyArray<JsonObject>) =>
  (await listed(all.map((each) => ({ custom: each })))).columns
    .filter((column) => column.key.startsWith('c_'))
    .map((column) => `${column.key} ${column.type}`)

describe('the list of attributes', () => {
  it('[B-37] has the default ones, under the names of the read side', async () => {
    const { columns, complete } = await listed([])
    expect(complete).toBe(true)
    expect(new Set(columns.map((column) => column.key)).size).toBe(columns.length)
    expect(columns).toEqual(
      expect.arrayContaining([
        { key: 'email', display_name: 'Email', type: 'string' },
        { key: 'gdpr', display_name: 'GDPR Opt-In', type: 'boolean' },
        { key: 'list_id', display_name: 'Static Segment', type: 'array' }
      ])
    )
    const { columns: renamed } = await listed([], { listAttribute: 'static_segment_id' })
    expect(renamed.map((column) => column.key)).toContain('static_segment_id')
  })

  it('[B-37] has the custom ones in use, with the type of their values', async () => {
    expect(
      await custom(
        { size: 'S', tags: null, age: 1, of: { a: 1 }, is: true },
        { tags: ['a'], age: [1], size: 2 },
        JSON.parse('{"__proto__":[1],"unknown":null}')
      )
    ).toEqual(['c___proto__ array', 'c_age array', 'c_is boolean', 'c_of object', 'c_size string', 'c_tags array'])
    expect((await listed([{ custom: ['x'] }, { custom: 1 }])).columns).toEqual((await listed([])).columns)
  })

  it('[B-37] has the custom identifiers', async () => {
    const identifiers = [{ name: 'email' }, { name: 'card', custom: true }]
    expect((await listed([], { identifiers })).columns.at(-1)).toEqual({
      key: 'c_card',
      display_name: 'card',
      type: 'string'
    })
  })

  it('[B-37] says whether users remain that were not read', async () => {
    const all = ['a', 'b', 'c'].map((name) => ({ custom: { [name]: 1 } }))
    expect((await listed(all, { limit: 3 })).complete).toBe(true)
    const { columns, complete } = await listed(all, { limit: 2 })
    expect(complete).toBe(false)
    expect(columns.map((column) => column.key)).not.toContain('c_c')
  })
})
