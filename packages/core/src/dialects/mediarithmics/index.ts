/**
 * `@userpoint/core/mediarithmics`: the dialect of mediarithmics' documents.
 *
 * @module
 */
export {
  decodeLine,
  type DocumentType,
  documentTypes,
  type Line,
  mediarithmics,
  parseDocumentType
} from './document.ts'
export { encodeChange } from './change.ts'
export { encodeUserPoint } from './user-point.ts'
