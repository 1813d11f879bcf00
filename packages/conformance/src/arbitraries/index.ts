/**
 * `@userpoint/conformance/arbitraries`: fast-check arbitraries to test a service over userpoint: JSON and text, identifiers,
 * patches, commands, lines, documents, Insider's requests, and histories of all of them. By default there are so few people
 * that they often merge and split; ask for `many` people to avoid that.
 *
 * @module
 */
export {
  type DocumentShape,
  documentText,
  type Faults,
  line,
  lineText,
  profile,
  wrongLine
} from './document.ts'
export { command } from './command.ts'
export {
  bytesOf,
  codeOf,
  history,
  type HistoryOutcome,
  type HistoryShape,
  type HistoryStep,
  perform
} from './history.ts'
export {
  cardSettings,
  type CardSettings,
  identitySettings,
  insiderRequest,
  type InsiderRequest,
  type Plan,
  type RequestShape,
  requestOf,
  type User,
  type UserIntent,
  userIntent,
  type UserIntentTo,
  type UserVerb
} from './insider.ts'
export {
  type CallIntent,
  type Expiry,
  intent,
  type Intent,
  intentAmong,
  type IntentTo,
  type LineIntent,
  type ProfileName,
  type SegmentName,
  type Verb,
  verbsOf
} from './intent.ts'
export {
  alikeBodies,
  anything,
  json,
  jsonArray,
  jsonObject,
  jsonOrNothing,
  key,
  nested,
  nfc,
  nfd,
  text
} from './json.ts'
export { callOf, commandOf, isLine, lineOf, typeOf } from './line.ts'
export { arrayPolicy, patch, removal } from './patch.ts'
export {
  account,
  type AccountName,
  type AgentName,
  attribute,
  type AttributeName,
  beginning,
  claimedOf,
  compartment,
  type DeviceName,
  devicePoint,
  emailHash,
  type EmailName,
  identified,
  type Identified,
  mintedDevice,
  mintedId,
  mintIds,
  namedUniverse,
  type People,
  type PointName,
  slowClock,
  spellingsOf,
  universe,
  userAgent,
  userPoint
} from './people.ts'
export { policies } from './policies.ts'
