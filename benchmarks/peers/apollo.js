// Apollo Server 5, standalone.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { context, resolvers, typeDefs } from './schema.js';

const server = new ApolloServer({ typeDefs, resolvers });
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: ({ req }) => context(req.headers.authorization),
});
console.log(new URL(url).port);
process.stdin.on('end', () => process.exit(0)).resume();
