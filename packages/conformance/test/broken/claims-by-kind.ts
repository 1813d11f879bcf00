import type { Reference, Write } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

const own = ({ kind, claim, release, ...write }: Write): Write => ({
  ...write,
  kind,
  claim: claim.map((text) => `${kind}/${text}`),
  release: release.map((text) => `${kind}/${text}`)
})

/** Keeps the claims of each kind apart. */
export const claimsByKind: BrokenStore = {
  name: 'claims by kind',
  breaks: 'PO-7.all-kinds',
  wrap: (correct, disk) => ({
    ...correct,
    load: (references) => {
      const kindOf = (claim: string) => [...disk.claims.keys()].find((key) => key.slice(key.indexOf('/') + 1) === claim)
      return correct.load(
        references.map(
          (one): Reference => (one._tag === 'ById' ? one : { ...one, claim: kindOf(one.claim) ?? one.claim })
        )
      )
    },
    commit: (writes) => correct.commit(writes.map(own))
  })
}
