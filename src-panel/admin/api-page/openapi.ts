import * as z from 'zod';

/** As much of OpenAPI 3.0 as the server's own document uses; what is not known is skipped, never guessed. */
const schemaSchema = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  maxLength: z.number().optional(),
  properties: z.record(z.string(), z.looseObject({ type: z.string().optional() })).optional(),
  required: z.array(z.string()).optional(),
});

const operationSchema = z.looseObject({
  summary: z.string().optional(),
  tags: z.array(z.string()).optional(),
  parameters: z
    .array(
      z.looseObject({
        name: z.string(),
        in: z.string(),
        required: z.boolean().optional(),
        schema: schemaSchema.optional(),
      }),
    )
    .optional(),
  requestBody: z
    .looseObject({
      content: z.record(z.string(), z.looseObject({ schema: schemaSchema.optional() })),
    })
    .optional(),
});

export const openApiDocument = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});
export type OpenApiDocument = z.infer<typeof openApiDocument>;

/** One thing to fill in. `json`: whatever is no single value is written as JSON. */
export interface Field {
  name: string;
  place: 'path' | 'query' | 'body';
  kind: 'text' | 'number' | 'boolean' | 'choice' | 'json';
  choices: readonly string[];
  isRequired: boolean;
}

export interface Operation {
  /** "POST /api/v1/member/{teamMemberId}/disconnect". */
  id: string;
  method: string;
  path: string;
  summary: string;
  fields: readonly Field[];
  hasBody: boolean;
}

const METHODS = ['get', 'post', 'put', 'delete'];

/** The operations of the integration API, reading before writing, in the order of the document. */
export function operationsOf(document: OpenApiDocument): Operation[] {
  const found = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      METHODS.includes(method) && operation.tags?.includes('integration')
        ? [toOperation(path, method.toUpperCase(), operation)]
        : [],
    ),
  );
  return found.sort((one, other) => Number(one.method !== 'GET') - Number(other.method !== 'GET'));
}

function toOperation(path: string, method: string, operation: z.infer<typeof operationSchema>): Operation {
  const body = operation.requestBody?.content['application/json']?.schema;
  const parameters = (operation.parameters ?? []).flatMap((parameter): Field[] => {
    const place = parameter.in === 'path' || parameter.in === 'query' ? parameter.in : null;
    if (place === null) return [];
    return [toField(parameter.name, place, parameter.schema ?? {}, parameter.required === true)];
  });
  const properties = Object.entries(body?.properties ?? {}).map(([name, schema]) =>
    toField(name, 'body', schemaSchema.parse(schema), body?.required?.includes(name) === true),
  );
  return {
    id: `${method} ${path}`,
    method,
    path,
    summary: operation.summary ?? '',
    fields: [...parameters, ...properties],
    hasBody: body !== undefined,
  };
}

function toField(
  name: string,
  place: Field['place'],
  schema: z.infer<typeof schemaSchema>,
  isRequired: boolean,
): Field {
  return { name, place, kind: kindOf(schema), choices: schema.enum ?? [], isRequired };
}

function kindOf({ type, enum: choices }: z.infer<typeof schemaSchema>): Field['kind'] {
  if (choices) return 'choice';
  if (type === 'boolean') return 'boolean';
  if (type === 'number' || type === 'integer') return 'number';
  return type === undefined || type === 'string' ? 'text' : 'json';
}
