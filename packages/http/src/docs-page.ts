/** Renders the OpenAPI document as an HTML page, without scripts or network access. */
import { openApiDocument } from './openapi/document.ts'

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Escapes text and turns words in backquotes into code. */
const prose = (text: unknown): string =>
  typeof text === 'string' ? escaped(text).replaceAll(/`([^`]*)`/g, '<code>$1</code>') : ''

type Node = Readonly<Record<string, unknown>>

const asNode = (value: unknown): Node => (typeof value === 'object' && value !== null ? (value as Node) : {})
const asList = (value: unknown): ReadonlyArray<Node> => (Array.isArray(value) ? value.map(asNode) : [])

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

const parametersTable = (parameters: ReadonlyArray<Node>): string =>
  parameters.length === 0
    ? ''
    : `<table>${parameters
        .map(
          ({ name, in: place, description }) =>
            `<tr><td><code>${prose(name)}</code></td><td>${prose(place)}</td><td>${prose(description)}</td></tr>`
        )
        .join('')}</table>`

const contentOf = (holder: Node): string =>
  Object.entries(asNode(holder.content))
    .map(
      ([type, media]) =>
        `<p><code>${escaped(type)}</code></p><pre>${escaped(JSON.stringify(asNode(media).schema, null, 2))}</pre>`
    )
    .join('')

const operationText = (path: string, method: string, operation: Node, shared: ReadonlyArray<Node>): string => {
  const responses = Object.entries(asNode(operation.responses))
    .map(([status, response]) => {
      const { description } = asNode(response)
      return `<details><summary><b>${escaped(status)}</b> ${prose(description)}</summary>${contentOf(asNode(response))}</details>`
    })
    .join('')
  const body = operation.requestBody === undefined ? '' : `<h4>Body</h4>${contentOf(asNode(operation.requestBody))}`
  return `<section><h3><code>${method.toUpperCase()} ${escaped(path)}</code></h3><p>${prose(operation.summary)}</p>${parametersTable([...shared, ...asList(operation.parameters)])}${body}<h4>Answers</h4>${responses}</section>`
}

const operationsOf = (tag: string): string =>
  Object.entries(asNode(openApiDocument.paths))
    .flatMap(([path, value]) => {
      const at = asNode(value)
      return methods.flatMap((method) => {
        const operation = at[method]
        const tags = asNode(operation).tags
        return Array.isArray(tags) && tags.includes(tag)
          ? [operationText(path, method, asNode(operation), asList(at.parameters))]
          : []
      })
    })
    .join('')

const schemasText = (): string =>
  Object.entries(asNode(asNode(openApiDocument.components).schemas))
    .map(
      ([name, schema]) =>
        `<details><summary>${escaped(name)}</summary><pre>${escaped(JSON.stringify(schema, null, 2))}</pre></details>`
    )
    .join('')

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}' +
  'section{border-top:1px solid #ccc;padding:.5rem 0}pre{background:#f5f5f5;padding:.75rem;overflow:auto;font-size:.8rem}' +
  'table{border-collapse:collapse}td{border:1px solid #ddd;padding:.25rem .5rem;vertical-align:top}summary{cursor:pointer}'

const { title, description } = asNode(openApiDocument.info)

/** The page that `/docs` serves. */
export const docsPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${prose(title)}</title><style>${style}</style></head><body><h1>${prose(title)}</h1><p>${prose(description)} <a href="openapi.json">openapi.json</a></p>${asList(
  openApiDocument.tags
)
  .map(({ name }) => `<h2>${prose(name)}</h2>${operationsOf(String(name))}`)
  .join('')}<h2>Schemas</h2>${schemasText()}</body></html>
`
