// Drives the clients that front-end teams use against the endpoint that is named, and prints what each of them got.
import assert from "node:assert/strict";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import { Client as UrqlClient, fetchExchange, subscriptionExchange } from "urql";
import { WebSocket } from "ws";

globalThis.WebSocket ??= WebSocket; // Apollo's link asks for its kind when it tells an error
const address = process.argv[2];
const url = `http://${address}`;
const socketUrl = `ws://${address}`;
const QUERY = "query Hello($name: String!) { hello(name: $name) }";
const MUTATION = "mutation { change }";
const TICKS = "subscription { ticks(count: 3) }";
const BREAKING = "subscription { breaking }";
const DEFERRED = 'query { slow { name ... @defer(label: "later") { late broken } } }';
const WHOLE = { name: "quick", late: "late", broken: null };
const wsOptions = { url: socketUrl, webSocketImpl: WebSocket, connectionParams: { Authorization: "Bearer good" } };

const collect = async (iterable) => {
  const found = [];
  for await (const each of iterable) found.push(each);
  return found;
};

// What an observable gives until it is complete, or `isLast` says that it is enough; then the same of a wonka source.
const watch = (observable, isLast = () => false) =>
  new Promise((resolve, reject) => {
    const found = [];
    const subscription = observable.subscribe({
      next: (value) => {
        found.push(value);
        if (isLast(value)) queueMicrotask(() => (subscription.unsubscribe(), resolve(found)));
      },
      error: reject,
      complete: () => resolve(found),
    });
  });
const watchSource = (source, isLast) =>
  new Promise((resolve) => {
    const found = [];
    source.subscribe((value) => {
      found.push(value);
      if (isLast(value)) resolve(found);
    });
  });
const ticks = (results) => assert.deepEqual(results.map((result) => result.data.ticks), [0, 1, 2]);

async function graphqlWs() {
  const client = createWsClient(wsOptions);
  const ask = (query, variables) => collect(client.iterate({ query, variables }));
  assert.deepEqual(await ask(QUERY, { name: "you" }), [{ data: { hello: "hello you" } }]);
  assert.deepEqual(await ask(MUTATION), [{ data: { change: true } }]);
  ticks(await ask(TICKS));
  const parts = await ask(DEFERRED);
  assert.deepEqual(parts[0].data, { slow: { name: "quick" } });
  assert.equal(parts.at(-1).hasNext, false);
  await assert.rejects(ask("{ nothing }"), (errors) => errors[0].extensions.code === "GRAPHQL_VALIDATION_FAILED");
  await assert.rejects(ask(BREAKING), (errors) => errors[0].extensions.code === "SOURCE_UNAVAILABLE");
  const endless = client.iterate({ query: "subscription { ticks }" });
  await endless.next();
  await endless.return();
  assert.deepEqual(await ask("{ roles }"), [{ data: { roles: 1 } }]);
  await client.dispose();
}

async function graphqlSse() {
  const client = createSseClient({ url, headers: { Authorization: "Bearer good" } });
  const ask = (query, variables) => collect(client.iterate({ query, variables }));
  assert.deepEqual(await ask(QUERY, { name: "you" }), [{ data: { hello: "hello you" } }]);
  assert.deepEqual(await ask(MUTATION), [{ data: { change: true } }]);
  assert.deepEqual(await ask("{ roles }"), [{ data: { roles: 1 } }]);
  ticks(await ask(TICKS));
  const parts = await ask(DEFERRED);
  assert.deepEqual(parts[0].data, { slow: { name: "quick" } });
  assert.equal(parts.at(-1).hasNext, false);
  assert.equal((await ask("{ nothing }"))[0].errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
  assert.equal((await ask(BREAKING)).at(-1).errors[0].extensions.code, "SOURCE_UNAVAILABLE");
  client.dispose();
}

async function apollo() {
  const socket = createWsClient(wsOptions);
  const http = new HttpLink({ uri: url, headers: { authorization: "Bearer good" } });
  for (const link of [http, new GraphQLWsLink(socket)]) {
    const client = new ApolloClient({
      link: ApolloLink.from([link]),
      cache: new InMemoryCache(),
      incrementalHandler: new GraphQL17Alpha9Handler(),
      defaultOptions: { query: { fetchPolicy: "no-cache" } },
    });
    const answer = await client.query({ query: gql(QUERY), variables: { name: "you" } });
    assert.equal(answer.data.hello, "hello you");
    assert.equal((await client.mutate({ mutation: gql(MUTATION) })).data.change, true);
    assert.equal((await client.query({ query: gql("{ roles }") })).data.roles, 1);
    ticks(await watch(client.subscribe({ query: gql(TICKS) })));
    const ended = (await watch(client.subscribe({ query: gql(BREAKING) }))).at(-1);
    assert.match(ended.error.message, /the tail was cut/);
    const deferred = client.watchQuery({ query: gql(DEFERRED), errorPolicy: "all", fetchPolicy: "network-only" });
    const states = await watch(deferred, (state) => state.data?.slow.late !== undefined && !state.loading);
    assert.ok(states.some(({ data }) => data && data.slow.name === "quick" && data.slow.late === undefined));
    const { __typename, ...slow } = states.at(-1).data.slow;
    assert.deepEqual(slow, WHOLE);
    assert.equal(states.at(-1).error.errors[0].extensions.code, "SOURCE_UNAVAILABLE");
    client.stop();
  }
  await socket.dispose();
}

async function urql() {
  const socket = createWsClient(wsOptions);
  const forward = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
  });
  const live = subscriptionExchange({ forwardSubscription: forward, enableAllOperations: true });
  const headers = { authorization: "Bearer good" };
  const client = (more) => new UrqlClient({ url, preferGetMethod: false, fetchOptions: { headers }, ...more });
  const overHttp = client({ exchanges: [fetchExchange], fetchSubscriptions: true });
  for (const each of [overHttp, client({ exchanges: [live] })]) {
    const first = async (source) => (await watchSource(source, () => true))[0].data;
    assert.equal((await first(each.query(QUERY, { name: "you" }))).hello, "hello you");
    assert.equal((await first(each.mutation(MUTATION, {}))).change, true);
    assert.equal((await first(each.query("{ roles }", {}))).roles, 1);
    ticks(await watchSource(each.subscription(TICKS, {}), (result) => result.data?.ticks === 2));
    const ended = await watchSource(each.subscription(BREAKING, {}), (result) => result.error);
    assert.equal(ended.at(-1).error.graphQLErrors[0].extensions.code, "SOURCE_UNAVAILABLE");
  }
  // its exchange for sockets does not put parts together by their ids; over HTTP it takes events, or parts alone
  const ofParts = { fetchOptions: { headers: { ...headers, accept: "multipart/mixed" } } };
  for (const each of [overHttp, client({ exchanges: [fetchExchange], ...ofParts })]) {
    const states = await watchSource(each.query(DEFERRED, {}), (state) => !state.hasNext);
    assert.deepEqual(states[0].data.slow, { name: "quick" });
    assert.deepEqual(states.at(-1).data.slow, WHOLE);
    assert.equal(states.at(-1).error.graphQLErrors[0].extensions.code, "SOURCE_UNAVAILABLE");
  }
  await socket.dispose();
}

const clients = { "graphql-ws": graphqlWs, "graphql-sse": graphqlSse, "@apollo/client": apollo, urql };
await clients[process.argv[3]]();
console.log("ok");
process.exit(0);
