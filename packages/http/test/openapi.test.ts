import { Validator } from '@seriousme/openapi-schema-validator'
import { rejectionMessages } from '@userpoint/core'
import { documentTypes } from '@userpoint/core/mediarithmics'
import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../src/index.ts'
import { asking } from './asking.ts'

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

  it('is an HTML page without scripts or network access', async () => {
    const { status, headers, text } = await asking().ask('GET', '/docs')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toMatch(/^text\/html/)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(text).not.toMatch(/<script|https?:\/\/|src=/)
    for (const path of Object.keys(openApiDocument.paths as object)) expect(text).toContain(path)
  })
})
