/** The token file of `serve`: the datamarts, and the digests of the tokens that open them. */
import { readFile } from 'node:fs/promises'
import { isSystemVersion, type Policies, recommendedBlockedValues } from '@userpoint/core'
import { parseCompartmentId } from '@userpoint/core/command'
import { type Limits, sha256Of, type TokenSettings } from '@userpoint/http'
import type { IdentitySettings } from '@userpoint/core/insider'
import { z } from 'zod'
import { Failure, printable, reasonOf, wrongUsage } from './failure.ts'
import { BadSetting, readIdentitySettings } from './identity-settings.ts'

const datamartId = z.string().regex(/^[\w-]{1,64}$/)

const identity = z.unknown().transform((value, context): Partial<IdentitySettings> => {
  try {
    return readIdentitySettings(value)
  } catch (error) {
    if (!(error instanceof BadSetting)) throw error
    context.addIssue({ code: 'custom', message: error.message })
    return z.NEVER
  }
})

const datamart = z.strictObject({
  partner: z
    .string()
    .min(1)
    .refine((name) => name === name.toLowerCase())
    .optional(),
  system_version: z.string().refine(isSystemVersion).optional(),
  default_compartment: z
    .string()
    .transform(parseCompartmentId)
    .pipe(z.custom<Policies['defaultCompartment']>((id) => id !== undefined))
    .optional(),
  arrays: z.enum(['concat', 'union']).optional(),
  default_strategy: z.enum(['replace', 'shallow', 'deep']).optional(),
  blocked_values: z.union([z.literal('recommended'), z.array(z.string())]).optional(),
  identity: identity.optional()
})

const limit = z.int().min(1).optional()

const limits = z.strictObject({
  requests_per_minute: limit,
  upload_bytes: limit,
  body_bytes: limit,
  idle_milliseconds: limit
})

const file = z.strictObject({
  datamarts: z.record(datamartId, datamart),
  tokens: z.array(z.strictObject({ sha256: z.string().regex(/^[0-9a-fA-F]{64}$/), datamart: datamartId })).min(1),
  limits: limits.default({})
})

export interface ServedDatamart {
  readonly partner?: string
  readonly policies: Partial<Policies>
  readonly identity?: Partial<IdentitySettings>
}

export interface ServerSettings {
  readonly datamarts: Readonly<Record<string, ServedDatamart>>
  readonly tokens: ReadonlyArray<TokenSettings>
  readonly limits: Partial<Limits>
}

const served = ({
  partner,
  system_version,
  default_compartment,
  arrays,
  default_strategy,
  blocked_values,
  identity: identitySettings
}: z.infer<typeof datamart>): ServedDatamart => ({
  ...(partner !== undefined && { partner }),
  ...(identitySettings !== undefined && { identity: identitySettings }),
  policies: {
    ...(system_version !== undefined && { systemVersion: system_version }),
    ...(default_compartment !== undefined && { defaultCompartment: default_compartment }),
    ...(arrays !== undefined && { arrays }),
    ...(default_strategy !== undefined && { defaultStrategy: default_strategy }),
    ...(blocked_values !== undefined && {
      blockedValues: blocked_values === 'recommended' ? recommendedBlockedValues : blocked_values
    })
  }
})

const limited = ({
  requests_per_minute,
  upload_bytes,
  body_bytes,
  idle_milliseconds
}: z.infer<typeof limits>): Partial<Limits> => ({
  ...(requests_per_minute !== undefined && { requestsPerMinute: requests_per_minute }),
  ...(upload_bytes !== undefined && { uploadBytes: upload_bytes }),
  ...(body_bytes !== undefined && { bodyBytes: body_bytes }),
  ...(idle_milliseconds !== undefined && { idleMilliseconds: idle_milliseconds })
})

/** Returns settings with one datamart, opened by one token, and a partner of the same name. */
export const oneDatamart = (id: string, token: string): ServerSettings => ({
  datamarts: { [id]: { policies: {}, ...(id === id.toLowerCase() && { partner: id }) } },
  tokens: [{ sha256: sha256Of(token), datamart: id }],
  limits: {}
})

const hasTwins = (texts: ReadonlyArray<string>): boolean => new Set(texts).size < texts.length

/** @throws Failure if the file cannot be read or is invalid. */
export const loadServerSettings = async (path: string): Promise<ServerSettings> => {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new Failure(`the token file ${printable(path)} cannot be read: ${reasonOf(error)}`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrongUsage(`the token file ${printable(path)} is not valid JSON`)
  }
  const read = file.safeParse(value)
  if (!read.success) {
    const [issue] = read.error.issues
    const place = issue?.path.join('.') ?? ''
    const reason = place.endsWith('.identity') ? `: ${issue?.message}` : ''
    throw wrongUsage(
      `the token file ${printable(path)} is invalid${place === '' ? '' : ` at ${printable(place)}`}${reason}; userpoint serve --help shows an example`
    )
  }
  const { datamarts, tokens } = read.data
  if (hasTwins(tokens.map(({ sha256 }) => sha256.toLowerCase())))
    throw wrongUsage(`the token file ${printable(path)} lists the same token twice`)
  if (hasTwins(Object.values(datamarts).flatMap(({ partner = [] }) => partner)))
    throw wrongUsage(`the token file ${printable(path)} gives two datamarts the same partner`)
  for (const token of tokens) {
    if (!Object.hasOwn(datamarts, token.datamart))
      throw wrongUsage(
        `the token file ${printable(path)} has a token for datamart ${token.datamart}, which it does not define`
      )
  }
  return {
    datamarts: Object.fromEntries(Object.entries(datamarts).map(([id, each]) => [id, served(each)])),
    tokens,
    limits: limited(read.data.limits)
  }
}
