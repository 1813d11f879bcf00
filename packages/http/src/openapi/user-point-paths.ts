/** The operations on user points, and declarations about them. */
import {
  mediarithmics,
  ok,
  page,
  answers,
  bodyProblems,
  accessExample,
  datamart,
  receipt,
  receiptExample,
  suppressionExample,
  selector,
  document,
  item,
  account,
  paging,
  flag,
  profileExample,
  userPointExample,
  identifierExample,
  segmentExample,
  itemSchema,
  verdict,
  token,
  base
} from './mediarithmics-parts.ts'
import { anyOf, json, listOf, object, ref, type Schema } from './parts.ts'

const onItem = (name: string, parameters: ReadonlyArray<Schema>): Schema => ({
  parameters,
  get: mediarithmics({
    id: `get${name}`,
    summary: 'Get one document of a user point',
    answers: answers(ok(itemSchema, profileExample), 404, 503)
  }),
  put: mediarithmics({
    id: `put${name}`,
    summary: 'Put a profile, segment, scenario or choice',
    description: 'The answer is what the same path reads. A body that contradicts the path is 400.',
    parameters: [
      flag('force_replace', '`false`: the profile is merged into the existing one instead of replacing it.'),
      flag('merge_objects', '`true`, with `force_replace=false`: nested objects and arrays are merged too.')
    ],
    body: json(ref('Properties'), { city: 'Paris' }),
    answers: answers(ok(anyOf(itemSchema, ref('DocumentKey')), profileExample, verdict), 404, 503, ...bodyProblems)
  }),
  delete: mediarithmics({
    id: `delete${name}`,
    summary: 'Delete a profile, segment, scenario or choice',
    answers: answers(ok(ref('Done'), { verdict: 'applied' }), 404, 503)
  })
})

const listed = (id: string, summary: string, items: Schema, example: unknown): Schema =>
  mediarithmics({ id, summary, parameters: paging, answers: answers(page(items, example), 404, 503) })

export const userPointPaths: Schema = {
  '/v1/datamarts/{datamart}/user_points/{selector}': {
    parameters: [datamart, selector],
    get: mediarithmics({
      id: 'getUserPoint',
      summary: 'Get a user point',
      answers: answers(ok(ref('UserPoint'), userPointExample), 404, 503),
      curl: `${base}/user_points/email_hash=a1b2 ${token}`
    }),
    delete: mediarithmics({
      id: 'deleteUserPoint',
      summary: 'Delete a user point, with everything attached to it',
      isStrict: true,
      parameters: [
        flag(
          'suppress',
          '`true`: nothing brings its identifiers back until their suppression is lifted; 400 without the key of the datamart. An unknown identifier is suppressed too.'
        )
      ],
      answers: answers(ok(ref('Done'), { verdict: 'applied' }), 404, 503),
      curl: `-X DELETE ${base}/user_points/email_hash=a1b2 ${token}`
    })
  },
  '/v1/datamarts/{datamart}/user_points/{selector}/access': {
    parameters: [datamart, selector],
    get: mediarithmics({
      id: 'getAccess',
      summary: 'Get everything about one person, for the person',
      isStrict: true,
      answers: answers(ok(ref('Access'), accessExample), 404, 503)
    })
  },
  '/v1/datamarts/{datamart}/suppressions': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'listSuppressions',
      summary: 'List what is suppressed, as keyed digests; 404 without the key of the datamart',
      isStrict: true,
      parameters: paging,
      answers: answers(page(ref('Suppression'), suppressionExample), 404),
      curl: `${base}/suppressions ${token}`
    })
  },
  '/v1/datamarts/{datamart}/suppressions/{selector}': {
    parameters: [datamart, selector],
    delete: mediarithmics({
      id: 'liftSuppression',
      summary: 'Lift the suppression of an identifier, which leaves a receipt',
      isStrict: true,
      answers: answers(ok(ref('Done'), { verdict: 'applied' }), 404, 503),
      curl: `-X DELETE ${base}/suppressions/email_hash=a1b2 ${token}`
    })
  },
  '/v1/datamarts/{datamart}/user_points/{selector}/{document}': {
    parameters: [datamart, selector, document],
    get: listed(
      'listDocuments',
      'List documents of a user point',
      anyOf(ref('Identifier'), itemSchema),
      identifierExample
    )
  },
  '/v1/datamarts/{datamart}/user_points/{selector}/{document}/{item}': onItem('Document', [
    datamart,
    selector,
    document,
    item
  ]),
  '/v1/datamarts/{datamart}/user_points/{selector}/{document}/{item}/{account}': onItem('DocumentOfAccount', [
    datamart,
    selector,
    document,
    item,
    account
  ]),
  '/v1/datamarts/{datamart}/user_identifiers/{selector}': {
    parameters: [datamart, selector],
    get: listed('listIdentifiers', 'List the identifiers of a user point', ref('Identifier'), identifierExample)
  },
  '/v1/datamarts/{datamart}/user_segments/{selector}': {
    parameters: [datamart, selector],
    get: listed('listSegments', 'List the segments of a user point', ref('Segment'), segmentExample)
  },
  '/v1/datamarts/{datamart}/user_profiles/{selector}': {
    parameters: [datamart, selector],
    get: mediarithmics({
      id: 'getProfile',
      summary: 'Get one profile of a user point',
      description:
        'The profile of the account in the selector; else the one without an account in the default compartment; else the first.',
      answers: answers(ok(ref('Profile'), profileExample), 404, 503)
    })
  },
  '/v1/datamarts/{datamart}/user_timelines/{selector}/user_activities': {
    parameters: [datamart, selector],
    get: listed(
      'listActivities',
      'List activities; the list is empty, because they are not kept',
      ref('Properties'),
      {}
    )
  }
}

export const receiptPaths: Schema = {
  '/v1/datamarts/{datamart}/receipts': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'listReceipts',
      summary: 'List the receipts of erasures, in the order of their chain',
      isStrict: true,
      parameters: paging,
      answers: answers(page(ref('Receipt'), receiptExample), 404)
    })
  },
  '/v1/datamarts/{datamart}/receipts/head': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'getReceiptHead',
      summary: 'Get the head of the chain of receipts',
      isStrict: true,
      answers: answers(ok(ref('ReceiptHead'), { entries: receiptExample.number, hash: receiptExample.hash }), 404)
    })
  },
  '/v1/datamarts/{datamart}/receipts/{receipt}': {
    parameters: [datamart, receipt],
    get: mediarithmics({
      id: 'getReceipt',
      summary: 'Get one receipt by its number',
      isStrict: true,
      answers: answers(ok(ref('Receipt'), receiptExample), 404)
    })
  }
}

export const declarationPaths: Schema = {
  '/v1/datamarts/{datamart}/user_identifiers_association_declarations': {
    parameters: [datamart],
    post: mediarithmics({
      id: 'associateIdentifiers',
      summary: 'Declare that identifiers are one person’s',
      body: json(object({ identifiers: listOf(ref('Properties')) }, ['identifiers']), {
        identifiers: [
          { type: 'USER_EMAIL', hash: 'a1b2' },
          { type: 'USER_ACCOUNT', compartment_id: '1000', user_account_id: 'crm-7' }
        ]
      }),
      answers: answers(ok(ref('Done'), { verdict: 'applied' }), 404, 503, ...bodyProblems)
    })
  },
  '/v1/datamarts/{datamart}/user_activities': {
    parameters: [datamart],
    post: mediarithmics({
      id: 'declareActivity',
      summary: 'Apply the identifiers of an activity',
      description: 'The activity is not kept: `data` is `false`, and a warning says so.',
      body: json(ref('Properties'), {
        $type: 'APP_VISIT',
        $email_hash: { $hash: 'a1b2' },
        $user_agent_id: 'vec:12',
        $events: []
      }),
      answers: answers(
        ok({ const: false }, false, { ...verdict, warnings: listOf(ref('Warning')) }),
        404,
        503,
        ...bodyProblems
      )
    })
  }
}
