/** Redoc's bundle, which renders `/docs`. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

const { resolve } = createRequire(import.meta.url)

/**
 * Returns Redoc's bundle for the option `docsScript` of a handler, or `undefined` if the optional package `redoc` is not
 * installed.
 *
 * @example
 * ```ts
 * import { readDocsScript } from '@userpoint/http/node'
 *
 * console.log(typeof (await readDocsScript())) // => string
 * ```
 */
export const readDocsScript = async (): Promise<string | undefined> => {
  try {
    return await readFile(resolve('redoc/bundles/redoc.standalone.js'), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
