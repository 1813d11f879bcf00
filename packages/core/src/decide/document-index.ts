/** An index of documents: each by its id, and by the claims that it holds. A claim leads to the document that took it last. */
export class DocumentIndex<Id extends string, Document> {
  /** In the order in which their ids were added. */
  readonly documents = new Map<Id, Document>()
  readonly #holders = new Map<string, Id>()

  holderOf(claim: string): Id | undefined {
    return this.#holders.get(claim)
  }

  byClaim(claim: string): Document | undefined {
    const id = this.#holders.get(claim)
    return id === undefined ? undefined : this.documents.get(id)
  }

  take(id: Id, claims: ReadonlyArray<string>): void {
    for (const claim of claims) this.#holders.set(claim, id)
  }

  /** Frees the claims that the document still holds; in a merge, the survivor may have taken some of them. */
  release(id: Id, claims: ReadonlyArray<string>): void {
    for (const claim of claims) if (this.#holders.get(claim) === id) this.#holders.delete(claim)
  }

  clear(): void {
    this.documents.clear()
    this.#holders.clear()
  }
}
