/**
 * A dialect of one's own, in docs/writing-a-dialect.md: each line has a JSON Merge Patch (RFC 7396) for the profile of one
 * person, such as `{"email_hash":"a1b2","patch":{"city":"Paris","age":null}}`. `"patch":null` deletes the person.
 */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createEngine, type Json, type JsonObject } from '@userpoint/core'
import { type Command, type Decoder, type Dialect, rejection, unknownFields } from '@userpoint/core/command'
import { deletion, merge, type Patch, put } from '@userpoint/core/patch'
import { v7 } from 'uuid'

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns the patch that RFC 7396 describes: `null` deletes, an object merges key by key, all else replaces. */
const mergePatch = (value: Json): Patch => {
  if (value === null) return deletion
  if (!isObject(value)) return put(value)
  return merge(new Map(Object.entries(value).map(([key, change]) => [key, mergePatch(change)])))
}

const fields = ['email_hash', 'patch']

const decode: Decoder = (line, { defaultCompartment: compartment }) => {
  const { email_hash: hash, patch } = line
  if (typeof hash !== 'string' || hash === '') return { _tag: 'Left', left: rejection('BAD_FIELD', ['email_hash']) }
  if (patch !== null && !isObject(patch)) return { _tag: 'Left', left: rejection('BAD_FIELD', ['patch']) }
  if (compartment === undefined) return { _tag: 'Left', left: rejection('NO_DEFAULT_COMPARTMENT') }
  const reference = { _tag: 'EmailHash', hash } as const
  const command: Command =
    patch === null
      ? { _tag: 'DeleteUserPoint', reference }
      : { _tag: 'UpsertProfile', reference, key: { compartment }, patch: mergePatch(patch) }
  return { _tag: 'Right', right: { _tag: 'Command', command, warnings: unknownFields(line, fields) } }
}

const mergePatchDialect: Dialect<'PEOPLE'> = {
  documents: { PEOPLE: { decode, fields: new Set(fields), deletes: true } },
  encodeUserPoint: ({ point }) => ({
    hashes: point.emailHashes.map(({ hash }) => hash),
    profile: point.profiles[0]?.properties ?? null
  })
}

const engine = createEngine({
  repository: createMemoryRepository(),
  dialect: mergePatchDialect,
  clock: Date.now,
  newId: v7
})
const lines = [
  { email_hash: 'a1b2', patch: { city: 'Lyon', age: 36, pets: { cat: 'Tom', dog: 'Rex' } } },
  { email_hash: 'a1b2', patch: { city: 'Paris', age: null, pets: { dog: null } } },
  { email_hash: 'a1b2', patch: ['Paris'] },
  { email_hash: 'c3d4', patch: { city: 'Nice' } }
]
const document = new TextEncoder().encode(lines.map((line) => JSON.stringify(line)).join('\n'))
const ended = await engine.importDocument('PEOPLE', document, {
  onVerdicts: (verdicts) => console.log(verdicts.map(({ verdict }) => verdict._tag).join())
}) // => Applied,Applied,Rejected,Applied
console.log(ended._tag === 'Right' && ended.right.status) // => Completed

// The same engine explains a document of the dialect, and shows user points in its fields.
const erasure = new TextEncoder().encode('{"email_hash":"c3d4","patch":null}')
await engine.explainDocument('PEOPLE', erasure, {
  onExplained: ([line]) => console.log(JSON.stringify(line?.changes[0]?.differences[0]?.before))
}) // => {"hashes":["c3d4"],"profile":{"city":"Nice"}}
await engine.importDocument('PEOPLE', erasure)
for await (const person of engine.userPoints()) console.log(JSON.stringify(mergePatchDialect.encodeUserPoint(person)))
// => {"hashes":["a1b2"],"profile":{"city":"Paris","pets":{"cat":"Tom"}}}
