/** The shapes of bodies and answers in Insider's dialect, for the description of the interface. */
import { defaultIdentitySettings, maxUsersPerRequest } from '@userpoint/core/insider'
import { z } from 'zod'

const messages = z.record(z.string(), z.array(z.string())).meta({ description: 'Messages by path and code' })
const anyObject = z.record(z.string(), z.unknown())

export const insiderMessageShape = z.object({ success: z.literal(false), message: z.string() })
export const insiderErrorShape = z.object({ error: z.string() })
export const emptyShape = z.object({})

export const insiderWarningsShape = z.object({ data: z.object({ warnings: messages }).optional() })

export const insiderReportShape = z.object({
  data: z.object({
    successful: z.object({ count: z.int().min(1).optional() }),
    fail: z.object({ count: z.int().min(1).optional(), errors: messages.optional() }),
    warnings: messages.optional()
  })
})

export const insiderProfileShape = z.object({
  attributes: z.looseObject({ iid: z.string().meta({ description: 'The id of the user' }) }),
  events: z.object({}),
  quota: z.object({ cost: z.number(), used: z.number(), total: z.number() }).optional(),
  warnings: messages.optional()
})

export const insiderColumnsShape = z.array(z.object({ key: z.string(), display_name: z.string(), type: z.string() }))

const names = defaultIdentitySettings.identifiers.map(({ name }) => name)
const identifiers = z.object({
  ...Object.fromEntries(names.map((name) => [name, z.string().optional()])),
  custom: z.record(z.string(), z.string()).optional()
})
const identity = { identifiers: identifiers.optional(), insider_id: z.string().optional() }
const usersOf = <A extends z.ZodType>(user: A) => z.array(user).max(maxUsersPerRequest)
const values = z.record(z.string(), z.array(z.unknown()))

export const upsertBody = z.object({
  users: usersOf(
    z.object({
      ...identity,
      attributes: anyObject.optional(),
      events: z.array(anyObject).optional(),
      append: z.boolean().optional(),
      not_append: z.boolean().optional()
    })
  ),
  not_append: z.boolean().optional()
})

export const attributeDeleteBody = z.object({
  users: usersOf(
    z.object({
      ...identity,
      whole: z.array(z.string()).optional(),
      partial: values.optional(),
      custom: z.object({ whole: z.array(z.string()).optional(), partial: values.optional() }).optional()
    })
  )
})

export const identityBody = z.object(identity)
export const identityPatchBody = z.object({ old_identifier: identifiers, new_identifier: identifiers })
export const identityDeleteBody = z.object({ identifiers })

export const profileBody = z.object({
  ...identity,
  attributes: z.array(z.string()).optional(),
  events: anyObject.optional(),
  quota: z.union([z.boolean(), z.number()]).optional()
})

export const columnsBody = z.object({ table: z.enum(['contacts', 'events']) })
