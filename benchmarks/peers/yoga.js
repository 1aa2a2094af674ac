// GraphQL Yoga 5; with graphql-jit where JIT is set.
import { createServer } from 'node:http';
import { createYoga } from 'graphql-yoga';
import { useGraphQlJit } from '@envelop/graphql-jit';
import { context, schema } from './schema.js';

const yoga = createYoga({
  schema: schema(),
  logging: false,
  maskedErrors: false,
  plugins: process.env.JIT ? [useGraphQlJit()] : [],
  context: ({ request }) => context(request.headers.get('authorization')),
});
const server = createServer(yoga).listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
