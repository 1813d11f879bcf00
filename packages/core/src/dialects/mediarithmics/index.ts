/**
 * `@userpoint/core/mediarithmics`: the dialect of mediarithmics' documents.
 *
 * @module
 */
export { decodeLine, type DocumentType, documentTypes, mediarithmics, parseDocumentType } from './document.ts'
export { encodeUserPoint } from './user-point.ts'
