// Mercurius on Fastify, with its JIT from the first request.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { context, schema } from './schema.js';

const app = Fastify();
await app.register(mercurius, { schema: schema(), jit: 1, context: (request) => context(request.headers.authorization) });
await app.listen({ port: 0, host: '127.0.0.1' });
console.log(app.server.address().port);
process.stdin.on('end', () => process.exit(0)).resume();
