import { Validator } from '@seriousme/openapi-schema-validator'
import { rejectionMessages } from '@userpoint/core'
import { documentTypes } from '@userpoint/core/mediarithmics'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../src/index.ts'
import { readDocsScript } from '../src/node/index.ts'
import { asking } from './asking.ts'

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>
}

interface Operation {
  readonly operationId: string
  readonly security?: ReadonlyArray<object>
  readonly requestBody?: Content
  readonly responses?: Readonly<Record<string, Content>>
}

describe('the description of the interface', () => {
  it('is an OpenAPI 3.1 document, and is served unchanged', async () => {
    const served = await asking().ask('GET', '/openapi.json')
    expect(served.json).toEqual(JSON.parse(JSON.stringify(openApiDocument)))
    const validator = new Validator()
    const result = await validator.validate(structuredClone(served.json))
    expect(result).toMatchObject({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  it('lists every document type and every code of core', () => {
    const said = JSON.stringify(openApiDocument)
    for (const name of [...documentTypes, ...Object.keys(rejectionMessages)]) expect(said).toContain(`"${name}"`)
  })

  it('has an id of its own, security, an example and typed answers for every operation', () => {
    const operations = Object.values(openApiDocument.paths as Record<string, Record<string, Operation>>).flatMap(
      (path) => Object.values(path).filter((each) => each.responses !== undefined)
    )
    const ids = operations.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { operationId, security, requestBody, responses } of operations) {
      expect([operationId, Array.isArray(security)]).toEqual([operationId, true])
      const contents = [requestBody, ...Object.values(responses ?? {})].flatMap((each) =>
        Object.values(each?.content ?? {})
      )
      for (const { schema } of contents) expect([operationId, schema]).toEqual([operationId, expect.any(Object)])
    }
  })

  it('has examples that its own schemas take', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    ajv.addSchema({ $id: 'interface', components: openApiDocument.components })
    let examples = 0
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return
      const { schema, example } = value as { schema?: object; example?: unknown }
      if (schema !== undefined && example !== undefined) {
        const rooted = JSON.stringify(schema).replaceAll('"#/components/', '"interface#/components/')
        expect([example, ajv.validate(JSON.parse(rooted) as object, example)]).toEqual([example, true])
        examples++
      }
      Object.values(value).forEach(visit)
    }
    visit(openApiDocument.paths)
    expect(examples).toBeGreaterThan(60)
  })

  it('is a page that renders it with a script of this handler alone', async () => {
    const at = asking({ docsScript: readDocsScript })
    const { status, headers, text } = await at.ask('GET', '/docs')
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)])
    const policy = headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'; script-src 'self'")
    expect(policy).toContain("connect-src 'self'")
    expect(text).not.toMatch(/https?:\/\//)
    expect(text).toMatch(/name="viewport"/)
    const script = await at.ask('GET', '/docs/redoc.js')
    expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
    expect(script.text.length).toBeGreaterThan(100_000)
  })

  it('is named by the page if the renderer is missing', async () => {
    const at = asking()
    expect((await at.ask('GET', '/docs')).text).toContain('href="openapi.json"')
    expect((await at.ask('GET', '/docs/redoc.js')).status).toBe(404)
  })
})
