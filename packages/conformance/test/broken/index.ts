/** Every store that the suite must see through. */
import { aliasedAnswers } from './aliased-answers.ts'
import { answerBeforeSending } from './answer-before-sending.ts'
import { anxiousCheck } from './anxious-check.ts'
import { batchInPackets } from './batch-in-packets.ts'
import { blindCheck } from './blind-check.ts'
import { busyClose } from './busy-close.ts'
import { carelessPurge } from './careless-purge.ts'
import { claimsByKind } from './claims-by-kind.ts'
import { claimsLater } from './claims-later.ts'
import { closesAll } from './closes-all.ts'
import { deadlockAsConflict } from './deadlock-as-conflict.ts'
import { dirtyRead } from './dirty-read.ts'
import { earlyAcknowledgement } from './early-acknowledgement.ts'
import { earlyCursor } from './early-cursor.ts'
import { entryOutside } from './entry-outside.ts'
import { failingClose } from './failing-close.ts'
import { falseAlarm } from './false-alarm.ts'
import { foldedClaims } from './folded-claims.ts'
import { foldedIds } from './folded-ids.ts'
import { forgetfulReopen } from './forgetful-reopen.ts'
import { generousRelease } from './generous-release.ts'
import { ghostClaim } from './ghost-claim.ts'
import { halfPurge } from './half-purge.ts'
import { halfRecovered } from './half-recovered.ts'
import { halfToldPeer } from './half-told-peer.ts'
import { hastyCheck } from './hasty-check.ts'
import { hastyPurge } from './hasty-purge.ts'
import { heirlessClaim } from './heirless-claim.ts'
import { hopefulFault } from './hopeful-fault.ts'
import { knownKinds } from './known-kinds.ts'
import { lateCheck } from './late-check.ts'
import { lateClaim } from './late-claim.ts'
import { lateDelete } from './late-delete.ts'
import { lateIndex } from './late-index.ts'
import { lateRead } from './late-read.ts'
import { lazyPurge } from './lazy-purge.ts'
import { limitlessScan } from './limitless-scan.ts'
import { loadInParts } from './load-in-parts.ts'
import { lockLeftBehind } from './lock-left-behind.ts'
import { lockedAfterExit } from './locked-after-exit.ts'
import { lockedDuringScan } from './locked-during-scan.ts'
import { lostUpdate } from './lost-update.ts'
import { mergeResidue } from './merge-residue.ts'
import { narrowVersion } from './narrow-version.ts'
import { normalisedBodies } from './normalised-bodies.ts'
import { normalisedClaims } from './normalised-claims.ts'
import { ownHalf } from './own-half.ts'
import { ownPurge } from './own-purge.ts'
import { partialRefusal } from './partial-refusal.ts'
import { prefixedClaims } from './prefixed-claims.ts'
import { processCache } from './process-cache.ts'
import { processLock } from './process-lock.ts'
import { protoLost } from './proto-lost.ts'
import { releaseInTurn } from './release-in-turn.ts'
import { replicasInTurn } from './replicas-in-turn.ts'
import { resetVersions } from './reset-versions.ts'
import { retriedCommit } from './retried-commit.ts'
import { roundedNumbers } from './rounded-numbers.ts'
import { scanFrom } from './scan-from.ts'
import { scanByLocale } from './scan-by-locale.ts'
import { scanByOffset } from './scan-by-offset.ts'
import { scanByPattern } from './scan-by-pattern.ts'
import { scanRepeats } from './scan-repeats.ts'
import { shallowBodies } from './shallow-bodies.ts'
import { sharedDisk } from './shared-disk.ts'
import { shortBatch } from './short-batch.ts'
import { shortLoad } from './short-load.ts'
import { shortRelease } from './short-release.ts'
import { silentHarness } from './silent-harness.ts'
import { smallPacket } from './small-packet.ts'
import { stalePeer } from './stale-peer.ts'
import { stolenClaim } from './stolen-claim.ts'
import { stuckVersion } from './stuck-version.ts'
import { tornBatch } from './torn-batch.ts'
import { tornLoad } from './torn-load.ts'
import { trimmedClaims } from './trimmed-claims.ts'
import { twinsDropped } from './twins-dropped.ts'
import { unknowingFault } from './unknowing-fault.ts'
import { upsert } from './upsert.ts'
import { writeBehind } from './write-behind.ts'
import { writeByWrite } from './write-by-write.ts'
import { writtenConflict } from './written-conflict.ts'
import { hopelessLock, vagueRefusal } from './wrong-recovery.ts'
import type { BrokenStore } from './small-store.ts'

export const brokenStores: ReadonlyArray<BrokenStore> = [
  aliasedAnswers,
  answerBeforeSending,
  anxiousCheck,
  batchInPackets,
  blindCheck,
  busyClose,
  carelessPurge,
  claimsByKind,
  claimsLater,
  closesAll,
  deadlockAsConflict,
  dirtyRead,
  earlyAcknowledgement,
  earlyCursor,
  entryOutside,
  failingClose,
  falseAlarm,
  foldedClaims,
  foldedIds,
  forgetfulReopen,
  generousRelease,
  ghostClaim,
  halfPurge,
  halfRecovered,
  halfToldPeer,
  hastyCheck,
  hastyPurge,
  heirlessClaim,
  hopefulFault,
  hopelessLock,
  knownKinds,
  lateCheck,
  lateClaim,
  lateDelete,
  lateIndex,
  lateRead,
  lazyPurge,
  limitlessScan,
  loadInParts,
  lockLeftBehind,
  lockedAfterExit,
  lockedDuringScan,
  lostUpdate,
  mergeResidue,
  narrowVersion,
  normalisedBodies,
  normalisedClaims,
  ownHalf,
  ownPurge,
  partialRefusal,
  prefixedClaims,
  processCache,
  processLock,
  protoLost,
  releaseInTurn,
  replicasInTurn,
  resetVersions,
  retriedCommit,
  roundedNumbers,
  scanByLocale,
  scanByOffset,
  scanByPattern,
  scanFrom,
  scanRepeats,
  shallowBodies,
  sharedDisk,
  shortBatch,
  shortLoad,
  shortRelease,
  silentHarness,
  smallPacket,
  stalePeer,
  stolenClaim,
  stuckVersion,
  tornBatch,
  tornLoad,
  trimmedClaims,
  twinsDropped,
  unknowingFault,
  upsert,
  vagueRefusal,
  writeBehind,
  writeByWrite,
  writtenConflict
]
