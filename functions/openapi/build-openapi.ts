/**
 * The OpenAPI 3.1 document, built from the operations themselves: what it says about parameters, bodies, answers, roles and errors is what
 * the pipeline enforces, because both read the same values.
 */
import { errorCatalog, type ErrorCode } from '../../shared/core/error-catalog/error-catalog.ts';
import { idempotencyKeyPattern } from '../middleware/idempotency-key.ts';
import type { Operation, ResponseSpec } from '../middleware/operation.ts';
import { Problem, problemMediaType } from '../middleware/problem.ts';
import { acceptedTypes } from '../middleware/body/read-body.ts';
import { ndjsonMediaType } from '../middleware/body/read-lines.ts';
import type {
  HeaderObject,
  JsonSchema,
  MediaTypeObject,
  OpenApiDocument,
  OperationObject,
  ParameterObject,
  ResponseObject,
} from './open-api-document.ts';
import { SchemaComponents } from './schema-components.ts';

const tags: Readonly<Record<string, string>> = {
  Workflows: 'Manifests: drafts and published, immutable versions.',
  Executions: 'Runs of published workflows: plan, start, watch, and the signed receipt at the end.',
  Policy: 'Rules that judge every plan and start: packs, the decisions they made, and trying other rules on those.',
  Packages: 'The signed task packages that workflows are made of.',
  Log: 'The transparency log: which signed statements there are, and that none was taken away. For anybody.',
  Tenants: 'Who shares executions, budget and rule data: settings, usage and members.',
  Retention: 'What is kept for how long, legal holds, and the signed proof of what was purged.',
  Audit: 'Who changed what, when and why.',
  Keys: 'Rotations of the keys with which the home signs and wraps, each with its evidence.',
  Home: 'What the home says about itself: identity, keys, health and this interface.',
};

const description = `Every run is planned, priced, judged by policy, executed in a sandbox and sealed with a signed receipt that anybody can verify offline.

Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\` and a \`fix\`; a bad request lists every problem in \`issues\`, a denial every reason in \`deny\`.
Lists are paged with \`limit\` and \`cursor\`.`;

/** Codes the pipeline itself may answer for this operation, whatever the use case does. */
function pipelineCodes(operation: Operation): ErrorCode[] {
  const codes: ErrorCode[] = [
    'mc:request:invalid',
    'mc:host:overloaded',
    'mc:internal:unexpected',
    'mc:store:unavailable',
    'mc:request:headers-too-large',
    'mc:answer:too-large',
  ];
  if (operation.roles !== 'public') codes.push('mc:auth:unauthenticated', 'mc:auth:forbidden');
  if (operation.body) codes.push('mc:request:too-large', 'mc:request:media-type');
  if (operation.method !== 'GET') codes.push('mc:store:full');
  return codes;
}

/** Every error code this operation documents. */
function problemCodes(operation: Operation): ErrorCode[] {
  return [...new Set([...pipelineCodes(operation), ...(operation.problems ?? [])])];
}

const text = (about: string): HeaderObject => ({ description: about, schema: { type: 'string' } });
const requestId = { 'x-request-id': text('Id of the request, as in the log') };

const problemHeaders: Readonly<Record<number, Record<string, HeaderObject>>> = {
  401: { 'www-authenticate': text('The scheme that would be accepted') },
  429: { 'retry-after': text('Seconds to wait') },
  503: { 'retry-after': text('Seconds to wait') },
};

function problemResponses(operation: Operation, problem: JsonSchema): Record<string, ResponseObject> {
  const byStatus = Map.groupBy(problemCodes(operation), (code) => errorCatalog[code].status);
  const responses = [...byStatus].map(([status, codes]): [string, ResponseObject] => [
    String(status),
    {
      description: codes.map((code) => `${errorCatalog[code].title} (\`${code}\`)`).join('; '),
      headers: { ...requestId, ...problemHeaders[status] },
      content: { [problemMediaType]: { schema: problem } },
      'x-codes': codes,
    },
  ]);
  return Object.fromEntries(responses);
}

function successResponse(spec: ResponseSpec, components: SchemaComponents): ResponseObject {
  const headers = Object.fromEntries(Object.entries(spec.headers ?? {}).map(([name, about]) => [name, text(about)]));
  const content: Record<string, MediaTypeObject> = {};
  if (spec.schema && spec.mediaType === ndjsonMediaType)
    content[ndjsonMediaType] = linesObject(components.use(spec.schema, 'output'), spec.example);
  else if (spec.schema) content[spec.mediaType ?? 'application/json'] = { schema: components.use(spec.schema, 'output') };
  else if (spec.mediaType !== undefined) content[spec.mediaType.split(';')[0] ?? ''] = { schema: { type: 'string' } };
  for (const [mediaType, schema] of Object.entries(spec.alternatives ?? {}))
    content[mediaType] = { schema: components.use(schema, 'output') };
  const links = Object.fromEntries(
    (spec.leadsTo ?? []).map((operationId) => [operationId, { operationId, parameters: { id: '$response.body#/id' } }] as const),
  );
  return {
    description: spec.description,
    headers: { ...requestId, ...headers },
    ...(Object.keys(content).length > 0 ? { content } : {}),
    ...(Object.keys(links).length > 0 ? { links } : {}),
  };
}

/** OpenAPI 3.1 knows only whole bodies: to it NDJSON is a text, and what a line holds stands beside it. */
function linesObject(line: JsonSchema, example: string | undefined): MediaTypeObject {
  const schema = { type: 'string', description: 'One JSON value a line' };
  return { schema, 'x-line-schema': line, ...(example !== undefined && { example }) };
}

function parametersIn(place: 'path' | 'query', schema: Operation['params'], components: SchemaComponents): ParameterObject[] {
  if (!schema) return [];
  const { properties, required } = components.use(schema, 'input') as { properties?: Record<string, JsonSchema>; required?: string[] }; // The JSON Schema of a z.object.
  return Object.entries(properties ?? {}).map(([name, { description: about, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || (required ?? []).includes(name),
    ...(typeof about === 'string' ? { description: about } : {}),
    schema: rest,
  }));
}

const idempotencyKey: ParameterObject = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes repeating the request safe: the same key and body answer the first result, the same key with another body is refused (409).',
  schema: { type: 'string', pattern: idempotencyKeyPattern.source },
};

function requestBody(operation: Operation, components: SchemaComponents): OperationObject['requestBody'] {
  const { body } = operation;
  if (!body) return undefined;
  if (body.kind === 'json')
    return { required: body.required, content: { 'application/json': { schema: components.use(body.schema, 'input') } } };
  const content = acceptedTypes(body).map((mediaType): [string, MediaTypeObject] => [mediaType, bodyOf(body, mediaType, components)]);
  return { required: true, content: Object.fromEntries(content) };
}

function bodyOf(
  body: Exclude<Operation['body'], { kind: 'json' } | undefined>,
  mediaType: string,
  components: SchemaComponents,
): MediaTypeObject {
  if (body.kind === 'lines') return linesObject(components.use(body.schema, 'input'), body.example);
  if (body.kind === 'bytes') return { schema: { type: 'string', format: 'binary' } };
  const schema = components.use(body.documents, 'input');
  return mediaType.includes('yaml') ? { schema, example: body.example } : { schema };
}

/** What it does, and who may: whoever reads the document in a tool that does not show extensions sees the roles too. */
function describe({ description: about, roles }: Operation): string {
  const who = roles === 'public' ? 'For anyone, without a token.' : `For the roles ${roles.join(', ')}.`;
  return about === undefined ? who : `${about}\n\n${who}`;
}

function operationObject(operation: Operation, components: SchemaComponents, problem: JsonSchema): OperationObject {
  const parameters = [
    ...parametersIn('path', operation.params, components),
    ...parametersIn('query', operation.query, components),
    ...(operation.idempotencyKey ? [idempotencyKey] : []),
  ];
  const body = requestBody(operation, components);
  const successes = Object.entries(operation.responses).map(([status, spec]): [string, ResponseObject] => [
    status,
    successResponse(spec, components),
  ]);
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: describe(operation),
    security: operation.roles === 'public' ? [] : [{ bearer: [] }],
    'x-roles': operation.roles,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: body } : {}),
    responses: { ...Object.fromEntries(successes), ...problemResponses(operation, problem) },
  };
}

/** The requests as callers see them, in the order of the registry. */
export function documentedRequests(operations: readonly Operation[]): Operation[] {
  return operations.flatMap((operation) => operation.documentedAs?.map((request) => ({ ...operation, ...request })) ?? [operation]);
}

export function buildOpenApi(operations: readonly Operation[], version: string): OpenApiDocument {
  const components = new SchemaComponents();
  const problem = components.use(Problem, 'output');
  const paths: OpenApiDocument['paths'] = {};
  for (const operation of documentedRequests(operations)) {
    // OpenAPI has no parameter that holds slashes; what this one holds is said where it is described.
    const path = (paths[operation.path.replace('+}', '}')] ??= {});
    path[operation.method.toLowerCase()] = operationObject(operation, components, problem);
  }
  const used = new Set(operations.map(({ tag }) => tag));
  return {
    openapi: '3.1.1',
    info: {
      title: 'Maestro Conductor',
      version,
      summary: 'A governed workflow conductor',
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The home that served this document' }],
    security: [{ bearer: [] }],
    tags: [...used].map((name) => ({ name, description: tags[name] ?? name })),
    paths,
    components: {
      schemas: components.all(),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'OIDC token with `tenant_id` and `roles`, audience `maestro-conductor`',
        },
      },
    },
  };
}
