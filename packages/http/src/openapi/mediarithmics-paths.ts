/** The operations of mediarithmics' dialect. */
import { importPaths } from './import-paths.ts'
import { answers, base, datamart, mediarithmics, ok, page, paging, problem, token } from './mediarithmics-parts.ts'
import { parameter, ref, type Schema, text } from './parts.ts'
import { declarationPaths, receiptPaths, userPointPaths } from './user-point-paths.ts'

const datamartPaths: Schema = {
  '/v1/datamarts': {
    get: mediarithmics({
      id: 'listDatamarts',
      summary: 'List the datamart that the token opens',
      parameters: paging,
      answers: answers(page(ref('Datamart'), { id: '1162' }))
    })
  },
  '/v1/datamarts/{datamart}': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'getDatamart',
      summary: 'Get the datamart that the token opens',
      answers: answers(ok(ref('Datamart'), { id: '1162' }))
    })
  },
  '/v1/datamarts/{datamart}/user_account_compartments': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'listCompartments',
      summary: 'List the compartments that the policies name',
      parameters: paging,
      answers: answers(page(ref('Compartment'), { id: '1000', default: true }))
    })
  },
  '/v1/datamarts/{datamart}/user_agent_identifier_realm_selections': {
    parameters: [datamart],
    get: mediarithmics({
      id: 'listRealms',
      summary: 'List the realms of user agent ids; the list is empty',
      parameters: paging,
      answers: answers(page(ref('Properties'), {}))
    })
  }
}

const consumer = parameter('query', 'consumer', {
  description: 'The name under which the store remembers what was told',
  required: true,
  schema: { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,64}$' },
  example: 'mail'
})

const changePaths: Schema = {
  '/v1/datamarts/{datamart}/changes': {
    parameters: [datamart, consumer],
    get: mediarithmics({
      id: 'readChanges',
      summary: 'Follow the changes of people as Server-Sent Events',
      isStrict: true,
      description:
        'First everybody, then each change in the order of the commits, as the data of a message. A request with `Last-Event-ID` acknowledges that event and all before it. The stream ends from time to time; a client continues it.',
      parameters: [
        parameter('query', 'beginning', {
          description: '`now`: a new consumer is not told of everybody first.',
          schema: { type: 'string', enum: ['everybody', 'now'] }
        }),
        parameter('header', 'Last-Event-ID', {
          description: 'The id of the last event that the consumer has; an empty one counts as absent'
        })
      ],
      answers: answers(
        { description: 'The stream.', content: { 'text/event-stream': { schema: text() } } },
        409,
        410,
        503
      ),
      curl: `-N '${base}/changes?consumer=mail' ${token}`
    }),
    delete: mediarithmics({
      id: 'forgetConsumer',
      summary: 'Forget a consumer, which then begins anew',
      isStrict: true,
      answers: answers(ok(ref('Consumer'), { consumer: 'mail' }), 404, 503)
    })
  }
}

export const mediarithmicsPaths: Schema = {
  ...datamartPaths,
  ...changePaths,
  ...importPaths,
  ...userPointPaths,
  ...receiptPaths,
  ...declarationPaths
}
export const notFoundAnswer: Schema = problem(404)
