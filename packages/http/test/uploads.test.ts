import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { law } from '../../core/test/laws/law.ts'
import { createMemorySpool } from '../src/index.ts'
import { asking, type Asking, ended, importBody, token, upsertLine } from './asking.ts'
import { formFile } from '../src/mediarithmics/form-file.ts'
import { createImport, dataOf, fieldPart, fileHead, formEnd, formHeaders, linesOf, send } from './uploading.ts'

const done = async (at: Asking, path: string, sent: Awaited<ReturnType<typeof send>>) => {
  expect(sent.status, sent.text).toBe(200)
  const where = `${path}/executions/${String(dataOf(sent).id)}`
  return { where, execution: await ended(at, where) }
}

describe('a document import', () => {
  it('has an id that a JSON number keeps, larger than the ids before it', async () => {
    const at = asking({ clock: () => 1_764_450_000_000 })
    const ids: number[] = []
    for (let n = 0; n < 5; n++) ids.push(Number((await createImport(at, 'USER_PROFILE')).split('/')[1]))
    expect(ids.every((id) => Number.isSafeInteger(id))).toBe(true)
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b))
  })

  it('does not take the id of an earlier server, even if the clock went back', async () => {
    const spool = createMemorySpool()
    let now = 1_764_450_000_001
    const clock = () => now
    const before = await createImport(asking({ spool, clock }), 'USER_PROFILE')
    now -= 1
    const at = asking({ spool, clock })
    await createImport(at, 'USER_PROFILE')
    now += 1
    expect(await createImport(at, 'USER_PROFILE')).not.toBe(before)
    expect((await at.on('GET', 'document_imports')).json.total).toBe(3)
  })

  it('is found by the words of its name, in any case', async () => {
    const at = asking()
    await createImport(at, 'USER_PROFILE', { name: 'Nightly People' })
    await createImport(at, 'USER_PROFILE', { name: 'hourly people' })
    const names = async (keywords: string) =>
      ((await at.on('GET', `document_imports?keywords=${keywords}`)).json.data as Array<{ name: string }>).map(
        ({ name }) => name
      )
    expect(await names('people%20NIGHTLY')).toEqual(['Nightly People'])
    expect(await names('people')).toHaveLength(2)
    expect(await names('%20')).toHaveLength(2)
    expect(await names('weekly')).toEqual([])
  })

  it('can change its name and priority, and nothing else', async () => {
    const at = asking()
    const path = await createImport(at, 'USER_PROFILE')
    const { id } = dataOf(await at.on('GET', path))
    const same = { ...importBody('USER_PROFILE'), id, datamart_id: 1162 }
    const put = await at.on('PUT', path, { ...same, name: 'other', priority: 'HIGH' })
    expect(put.json.data).toMatchObject({ id, name: 'other', priority: 'HIGH', document_type: 'USER_PROFILE' })
    expect((await at.on('PUT', path, { priority: 'LOW' })).status).toBe(200)
    expect(dataOf(await at.on('GET', path))).toMatchObject({ name: 'other', priority: 'LOW' })
    for (const wrong of [
      { id: '1' },
      { datamart_id: '7' },
      { document_type: 'USER_SEGMENT' },
      { mime_type: 'TEXT_CSV' },
      { name: '' },
      { encoding: 'latin-1' }
    ]) {
      const refused = await at.on('PUT', path, { name: 'secret', ...wrong })
      expect([wrong, refused.status, refused.json.error_code]).toEqual([wrong, 400, 'BAD_REQUEST'])
      expect(refused.text).not.toContain('secret')
    }
    expect(dataOf(await at.on('GET', path))).toMatchObject({ name: 'other' })
  })

  it('is deleted with its executions and their files, while what they applied stays', async () => {
    const spool = createMemorySpool()
    const at = asking({ spool })
    const path = await createImport(at, 'USER_PROFILE')
    const { where } = await done(
      at,
      path,
      await send(at, `${path}/executions`, upsertLine('a', {}) + 'oops\n', { 'idempotency-key': 'k' })
    )
    expect((await at.on('DELETE', path)).status).toBe(200)
    for (const gone of [path, `${path}/executions`, where, `${where}/errors`])
      expect([gone, (await at.on('GET', gone)).status]).toEqual([gone, 404])
    expect((await at.on('DELETE', path)).json).toMatchObject({ error: 'Resource Not Found', error_code: 'NOT_FOUND' })
    expect((await at.on('GET', 'user_points/email_hash=a')).status).toBe(200)
    for (const kind of ['imports', 'keys', 'uploads', 'errors']) {
      expect([kind, await spool.list(['1162', kind]), await spool.contents(['1162', kind])]).toEqual([kind, [], []])
    }
  })

  it('is not deleted while an upload arrives or is not finished', async () => {
    const at = asking()
    const path = await createImport(at, 'USER_PROFILE')
    let finish: () => void = () => undefined
    let arrives: () => void = () => undefined
    const isArriving = new Promise<void>((resolve) => {
      arrives = resolve
    })
    const arriving = send(
      at,
      `${path}/executions`,
      new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(new TextEncoder().encode(upsertLine('a', {})))
          finish = () => controller.close()
        },
        // Once the first piece has been read.
        pull: () => arrives()
      })
    )
    await isArriving
    expect((await at.on('DELETE', path)).json.error_code).toBe('CONFLICT')
    finish()
    await done(at, path, await arriving)
    expect((await at.on('DELETE', path)).status).toBe(200)
  })
})

describe('an upload', () => {
  it('may be the one file of a form', async () => {
    const at = asking()
    const path = await createImport(at, 'USER_PROFILE')
    const form = fieldPart('note', 'x') + fileHead('C:\\people\\nightly.ndjson') + upsertLine('a', { n: 1 }) + formEnd
    const { where, execution } = await done(at, path, await send(at, `${path}/executions`, form, formHeaders))
    expect(execution).toMatchObject({
      status: 'SUCCEEDED',
      result: {
        total_success: 1,
        input_file_name: 'nightly.ndjson',
        input_file_uri: `/v1/datamarts/1162/${where}/input`
      }
    })
    expect((await at.on('GET', 'user_points/email_hash=a')).json).toMatchObject({ data: { profiles: [{ n: 1 }] } })
  })

  it.each([
    ['no file', fieldPart('note', 'x') + formEnd.slice(2), 400],
    ['two files', `${fileHead('a')}x\r\n${fileHead('b')}x${formEnd}`, 400],
    ['no end', `${fileHead('a')}{"operation":"UPSERT"}\n`, 408],
    ['no form', 'nonsense', 408],
    ['a head without end', `--a-boundary\r\n${'x'.repeat(100_000)}`, 400],
    ['many parts', fieldPart('note', 'x').repeat(100) + fileHead('a') + formEnd, 400]
  ])('is rejected with %s, and leaves nothing', async (_, form, status) => {
    const spool = createMemorySpool()
    const at = asking({ spool })
    const path = await createImport(at, 'USER_PROFILE')
    const refused = await send(at, `${path}/executions`, form, formHeaders)
    expect([refused.status, refused.text.includes('nonsense')]).toEqual([status, false])
    expect((await at.on('GET', `${path}/executions`)).json.total).toBe(0)
    expect(await spool.contents(['1162', 'uploads'])).toEqual([])
  })

  it('of a form has the limit of other uploads, and its file is not held in memory', async () => {
    const held: number[] = []
    const spool = createMemorySpool()
    const at = asking({
      limits: { uploadBytes: 3_000_000 },
      spool: {
        ...spool,
        write: async (_, bytes) => {
          for await (const piece of bytes) held.push(piece.length)
        }
      }
    })
    const path = await createImport(at, 'USER_PROFILE')
    const piece = new TextEncoder().encode(upsertLine('a', { text: 'x'.repeat(65_000) }))
    let sent = 0
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(fileHead('big'))),
      pull: (controller) => {
        sent += piece.length
        controller.enqueue(piece)
      }
    })
    const refused = await send(at, `${path}/executions`, stream, formHeaders)
    expect([refused.status, refused.json.error_code]).toEqual([413, 'BODY_TOO_LARGE'])
    expect(sent).toBeLessThan(4_000_000)
    // Each piece of the file was passed on before the next one was read.
    expect(held.length).toBeGreaterThan(20)
    expect(Math.max(...held)).toBeLessThanOrEqual(piece.length)
  })

  it('of a form is read however its end is cut', async () => {
    const all = new TextEncoder().encode(`${fileHead('a')}-${formEnd}`)
    for (const [start, end] of Array.from({ length: 24 }, (_, n) => [n % 2 === 0 ? 25 : 24 - n, 24 - n] as const)) {
      const pieces = async function* () {
        yield all.subarray(0, all.length - start)
        yield all.subarray(all.length - start, all.length - end)
        yield all.subarray(all.length - end)
      }
      const { bytes } = formFile(formHeaders['content-type'], pieces())
      let kept = ''
      for await (const piece of bytes) kept += new TextDecoder().decode(piece)
      expect([end, kept]).toEqual([end, '-'])
    }
  })

  law(
    'of a form is the same file, however it is cut',
    fc.record({
      // The boundary itself cannot be in a file.
      texts: fc
        .array(fc.constantFrom('{"a":1}\n', '\r\n', '--a-boundary', '\r\n--a-boundar', '-', 'é', '\r'), {
          maxLength: 12
        })
        .filter((texts) => !['\r\n', ...texts].join('').includes('\r\n--a-boundary')),
      cuts: fc.array(fc.nat(400), { maxLength: 12 })
    }),
    async ({ texts, cuts }) => {
      const file = texts.join('')
      const spool = createMemorySpool()
      let kept = ''
      const at = asking({
        spool: {
          ...spool,
          write: async (key, bytes) => {
            const decoder = new TextDecoder()
            await spool.write(
              key,
              (async function* () {
                for await (const piece of bytes) {
                  kept += decoder.decode(piece, { stream: true })
                  yield piece
                }
              })()
            )
          }
        }
      })
      const path = await createImport(at, 'USER_PROFILE')
      const all = new TextEncoder().encode(fileHead('a') + file + formEnd)
      const ends = [...new Set([...cuts.filter((cut) => cut < all.length), all.length])].toSorted((a, b) => a - b)
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          let from = 0
          for (const end of ends) {
            controller.enqueue(all.subarray(from, end))
            from = end
          }
          controller.close()
        }
      })
      const sent = await send(at, `${path}/executions`, stream, formHeaders)
      return sent.status === 200 && kept === file
    },
    100
  )

  it('needs no content type of its own, as curl sends it', async () => {
    const at = asking()
    const path = await createImport(at, 'USER_PROFILE')
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const { execution } = await done(at, path, await send(at, `${path}/executions`, upsertLine('a', {}), type))
    expect(execution.status).toBe('SUCCEEDED')
  })

  it('can be downloaded until it is applied', async () => {
    const at = asking()
    const path = await createImport(at, 'USER_PROFILE')
    await at.handler.stop()
    const sent = await send(at, `${path}/executions`, upsertLine('a', {}))
    const where = `${path}/executions/${String(dataOf(sent).id)}`
    expect((await at.on('GET', `${where}/input`)).text).toBe(upsertLine('a', {}))
    const applied = asking()
    const other = await createImport(applied, 'USER_PROFILE')
    const { where: ran } = await done(applied, other, await send(applied, `${other}/executions`, upsertLine('a', {})))
    expect((await applied.on('GET', `${ran}/input`)).json).toMatchObject({ error_code: 'GONE' })
  })

  it('has an error file that its address gets, with the token in the query', async () => {
    const at = asking()
    const path = await createImport(at, 'USER_PROFILE')
    const { execution } = await done(at, path, await send(at, `${path}/executions`, 'oops\n'))
    const uri = (execution.result as { error_file_uri: string }).error_file_uri
    const file = (query: string, headers = {}) => at.ask('GET', `/v1/data_file/data?${query}`, { headers })
    const got = await file(`uri=${encodeURIComponent(uri)}&access_token=${token}`)
    expect([got.status, linesOf(got)]).toEqual([200, [expect.objectContaining({ code: 'SYNTAX_ERROR', line: 1 })]])
    expect((await file(`uri=${uri}`, { authorization: token })).text).toBe(got.text)
    expect((await file(`uri=${uri}`)).status).toBe(401)
    expect((await file(`uri=${uri}&access_token=wrong`)).status).toBe(401)
    expect((await file(`uri=${uri.replace('1162', '7')}&access_token=${token}`)).status).toBe(403)
    for (const wrong of [
      '',
      '/etc/passwd',
      `${uri}/../input`,
      uri.replace('errors', 'error'),
      uri.replace(/\d+\/errors/, '1/errors')
    ])
      expect([wrong, (await file(`uri=${encodeURIComponent(wrong)}&access_token=${token}`)).status]).toEqual([
        wrong,
        404
      ])
  })
})

describe('one bad record', () => {
  const bad = [
    '{"operation":"UPSERT","email_hash":"x","force_replace":true,"user_profile":{"n":653247040368672769}}',
    '{"operation":"UPSERT","email_hash":"x","email_hash":"y","force_replace":true,"user_profile":{}}',
    '{"operation":"UPSERT","email_hash":"x","force_replace":true,"user_profile":{"n":1e999}}',
    '{"operation":"UPSERT"',
    'null',
    '[[]]',
    `{"operation":"UPSERT","email_hash":"${'x'.repeat(600)}","force_replace":true,"user_profile":{}}`
  ]

  it.each(bad)('[A-47, A-32] of an upload fails alone: %s', async (line) => {
    const at = asking()
    const path = await createImport(at, 'USER_PROFILE')
    const text = `${upsertLine('a', {})}${line}\n${upsertLine('b', {})}`
    const { where, execution } = await done(at, path, await send(at, `${path}/executions`, text))
    expect(execution.result).toMatchObject({ total_success: 2, total_failure: 1 })
    expect(linesOf(await at.on('GET', `${where}/errors`))).toMatchObject([{ line: 2 }])
    for (const hash of ['a', 'b']) expect((await at.on('GET', `user_points/email_hash=${hash}`)).status).toBe(200)
  })

  it.each([
    '{"identifiers":{"email":"x@y.z"},"attributes":{"n":653247040368672769}}',
    '{"identifiers":{"email":"x@y.z","email":"y@y.z"},"attributes":{}}',
    '{"identifiers":{"email":"x"},"attributes":{}}',
    'null',
    '[]'
  ])('[A-47, B-20] of an upsert fails alone: %s', async (user) => {
    const at = asking()
    const good = (email: string): string => JSON.stringify({ identifiers: { email }, attributes: { city: 'Paris' } })
    const sent = await at.call('POST', 'upsert', `{"users":[${good('a@b.c')},${user},${good('b@b.c')}]}`)
    expect(sent.json).toMatchObject({ data: { successful: { count: 2 }, fail: { count: 1 } } })
  })
})

describe('a verdict file', () => {
  it('[A-09] has every line if the upload asks for it, and the error file only the rejected ones', async () => {
    const at = asking()
    const path = await createImport(at, 'USER_POINTS_DELETION')
    await at.on('PUT', 'user_points/email_hash=a/user_profiles/compartment_id=1', {})
    const text = '{"type":"USER_EMAIL","hash":"a"}\n{"type":"USER_EMAIL","hash":"unknown"}\n{"type":"secret"}\n'
    const { where, execution } = await done(at, path, await send(at, `${path}/executions?verdicts=all`, text))
    expect(execution.result).toMatchObject({ verdict_file_uri: `/v1/datamarts/1162/${where}/verdicts` })
    const all = await at.on('GET', `${where}/verdicts`)
    expect(linesOf(all)).toEqual([
      { index: 0, line: 1, verdict: 'applied' },
      { index: 1, line: 2, verdict: 'no_op', reason: 'NOT_FOUND' },
      { index: 2, line: 3, verdict: 'rejected', code: 'UNSUPPORTED_TYPE', path: 'type', message: expect.any(String) }
    ])
    expect(all.text).not.toContain('secret')
    expect(linesOf(await at.on('GET', `${where}/errors`))).toEqual([
      { index: 2, line: 3, code: 'UNSUPPORTED_TYPE', path: 'type', message: expect.any(String) }
    ])
  })

  it('is not there unless the upload asked for it', async () => {
    const at = asking()
    const path = await createImport(at, 'USER_PROFILE')
    const { where } = await done(at, path, await send(at, `${path}/executions`, upsertLine('a', {})))
    expect((await at.on('GET', `${where}/verdicts`)).json).toMatchObject({ error_code: 'NOT_FOUND' })
    expect((await send(at, `${path}/executions?verdicts=some`, '')).json).toMatchObject({ error_code: 'BAD_REQUEST' })
  })
})

describe('a CSV of segments', () => {
  const csv = async (text: string | Uint8Array, query = '?verdicts=all') => {
    const at = asking()
    const path = await createImport(at, 'USER_SEGMENT', { mime_type: 'TEXT_CSV' })
    const sent = await send(at, `${path}/executions${query}`, text, { 'content-type': 'text/csv' })
    return { at, path, sent }
  }

  it('is applied record by record, with the line numbers of the file', async () => {
    const { at, path, sent } = await csv(
      '\ufeffoperation,email_hash,segment_id,expiration_duration,data_bag\r\n' +
        'UPDATE,a,12,0,"{""x"": 1}"\r\n\r\n' +
        'UPDATE,"b,\nc",13,60,\n' +
        'UPDATE,d,14\n' +
        'UPDATE,d,14,soon,\n' +
        'DELETE,missing,12,,\n' +
        'UPDATE,e,007,0,'
    )
    const { where } = await done(at, path, sent)
    expect(linesOf(await at.on('GET', `${where}/verdicts`))).toEqual([
      expect.objectContaining({ line: 2, verdict: 'applied' }),
      expect.objectContaining({ line: 5, verdict: 'applied' }),
      expect.objectContaining({ line: 6, verdict: 'rejected', code: 'NOT_AN_OBJECT' }),
      expect.objectContaining({ line: 7, verdict: 'rejected', code: 'BAD_FIELD', path: 'expiration_duration' }),
      expect.objectContaining({ line: 8, verdict: 'no_op' }),
      expect.objectContaining({ line: 9, verdict: 'applied' })
    ])
    expect((await at.on('GET', 'user_segments/email_hash=a')).json.data).toMatchObject([
      { segment_id: '12', data_bag: '{"x": 1}' }
    ])
    expect((await at.on('GET', 'user_segments/email_hash=b%2C%0Ac')).status).toBe(400)
    expect((await at.on('GET', 'user_segments/email_hash=e')).json.data).toMatchObject([{ segment_id: '007' }])
  })

  it.each(['\n', '\r\n', '\r'])('is applied record by record with %j after each', async (end) => {
    const records = ['operation,email_hash,segment_id,expiration_duration', `UPDATE,"a${end}",12,0`, '', 'UPDATE,b', '']
    const { at, path, sent } = await csv(records.join(end))
    const { execution, where } = await done(at, path, sent)
    expect(execution.result).toMatchObject({ total_success: 1, total_failure: 1 })
    expect(linesOf(await at.on('GET', `${where}/verdicts`))).toMatchObject([{ line: 3 }, { line: 5 }])
    const broken = await csv([...records, 'UPDATE,"c'].join(end))
    expect(broken.sent.json.error).toBe('the CSV is invalid at line 7')
  })

  it.each([
    ['no field names', 'UPDATE,a,12,0\n'],
    ['a field name twice', 'operation,email_hash,email_hash\n'],
    ['a quote that is never closed', 'operation,email_hash\nUPDATE,"a\nUPDATE,b\n'],
    ['a quote within a value', 'operation,email_hash\nUPDATE,a"b\nUPDATE,b\n'],
    ['another encoding', new Uint8Array([0x6f, 0x70, 0xff, 0x0a])],
    ['a record without end', `operation,email_hash\nUPDATE,${'x'.repeat(2_000_000)}`]
  ])('is refused as a whole with %s', async (_, text) => {
    const { at, path, sent } = await csv(text)
    expect([sent.status, sent.json.error_code]).toEqual([400, 'BAD_REQUEST'])
    expect((await at.on('GET', `${path}/executions`)).json.total).toBe(0)
  })

  it('may be empty, and may be the file of a form', async () => {
    const empty = await csv('')
    expect((await done(empty.at, empty.path, empty.sent)).execution).toMatchObject({ status: 'SUCCEEDED' })
    const at = asking()
    const path = await createImport(at, 'USER_SEGMENT', { mime_type: 'TEXT_CSV' })
    const form = `${fileHead('s.csv')}operation,email_hash,segment_id,expiration_duration\nUPDATE,a,12,0\n${formEnd}`
    const { execution } = await done(at, path, await send(at, `${path}/executions`, form, formHeaders))
    expect(execution.result).toMatchObject({ total_success: 1, input_file_name: 's.csv' })
  })

  law(
    'is the lines that its records stand for, however they are quoted and cut',
    fc.array(
      fc.record({ hash: fc.stringMatching(/^[a-z",\n ]{1,8}$/), segment: fc.stringMatching(/^[0-9a-z"]{1,5}$/) }),
      { minLength: 1, maxLength: 8 }
    ),
    async (records) => {
      const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`
      const head = 'segment_technical_name,operation,expiration_duration,email_hash\n'
      const text = records.map(({ hash, segment }) => `${quoted(segment)},UPDATE,0,${quoted(hash)}\n`).join('')
      const { at, path, sent } = await csv(head + text)
      const { where } = await done(at, path, sent)
      const lines = linesOf(await at.on('GET', `${where}/verdicts`))
      const same = asking()
      const ndjson = records.map(({ hash, segment }) =>
        JSON.stringify({
          operation: 'UPDATE',
          email_hash: hash,
          segment_technical_name: segment,
          expiration_duration: 0
        })
      )
      const other = await createImport(same, 'USER_SEGMENT')
      const run = await done(same, other, await send(same, `${other}/executions?verdicts=all`, ndjson.join('\n')))
      const wanted = linesOf(await same.on('GET', `${run.where}/verdicts`))
      const shown = (all: typeof lines) => all.map(({ verdict, code }) => [verdict, code])
      return JSON.stringify(shown(lines)) === JSON.stringify(shown(wanted))
    },
    60
  )
})
