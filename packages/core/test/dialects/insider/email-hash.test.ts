import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashEmail } from '../../../src/dialects/insider/email-hash.ts'
import { law } from '../../laws/law.ts'
import { commandOf } from './asking.ts'

const algorithms = ['sha256', 'sha512', 'sha1', 'md5'] as const
const plain = { algorithm: 'sha256', trim: false, lowerCase: false } as const

describe('the hash of an e-mail address', () => {
  law(
    '[A-48] is the hexadecimal digest of its UTF-8, by each algorithm',
    fc.tuple(fc.string({ unit: 'grapheme' }), fc.constantFrom(...algorithms)),
    ([text, algorithm]) =>
      hashEmail(text, { ...plain, algorithm }) === createHash(algorithm).update(text, 'utf8').digest('hex')
  )

  it('[A-48] is that of the normalised address, only if the settings say so', () => {
    const of = (text: string, rest: object = {}) => hashEmail(text, { ...plain, ...rest })
    expect(of(' Ada@X.y\n', { trim: true, lowerCase: true })).toBe(of('ada@x.y'))
    expect(of(' ada@x.y', { trim: true })).toBe(of('ada@x.y'))
    expect(of('Ada@x.y', { lowerCase: true })).toBe(of('ada@x.y'))
    expect(new Set([of('ada@x.y'), of(' ada@x.y'), of('Ada@x.y')]).size).toBe(3)
  })

  it('[A-48] comes with the e-mail address of a request, and with no other identifier', () => {
    const user = {
      identifiers: { email: 'ada@x.y', uuid: 'u' },
      attributes: { email: 'b@x.y', custom: { email: 'c@x.y' } }
    }
    const identifiers = [{ name: 'email' }, { name: 'uuid' }, { name: 'email', custom: true }]
    expect(commandOf('upsert', user, { identifiers, emailHash: plain })).toMatchObject({
      identifiers: [
        { _tag: 'Named', name: 'email', value: 'ada@x.y', hash: hashEmail('ada@x.y', plain) },
        { _tag: 'Named', name: 'uuid', value: 'u' }
      ],
      attach: [
        { _tag: 'Named', name: 'email', value: 'b@x.y', hash: hashEmail('b@x.y', plain) },
        { _tag: 'Named', name: 'custom.email', value: 'c@x.y' }
      ]
    })
    const without = commandOf('upsert', user, { identifiers })
    expect(JSON.stringify(without)).not.toContain('hash')
    expect(commandOf('delete', { ...user, whole: ['a'] }, { identifiers, emailHash: plain })).toMatchObject({
      reference: {
        references: [{ _tag: 'Named' }, { _tag: 'EmailHash', hash: hashEmail('ada@x.y', plain) }, { name: 'uuid' }]
      }
    })
  })
})
