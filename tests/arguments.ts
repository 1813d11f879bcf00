/** Reads the command line of a campaign: `--name value`. */

/** Returns the value of an option; `undefined`: it is not given. */
export const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(name)
  return at === -1 ? undefined : process.argv[at + 1]
}

/** The seed of `--seed`, with which a campaign is repeated, or a new one. */
export const seed = Number(option('--seed') ?? Date.now() % 1_000_000)

/** A part of the names of what is run; empty: all. */
export const only = option('--only') ?? ''

export const say = (text: string): void => void process.stdout.write(`${text}\n`)
