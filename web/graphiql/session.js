// Who is signed in. The access token lives in this tab's sessionStorage and ends with it.
const KEY = "gateway:session";
const LEEWAY_MS = 15_000;
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { accessToken expiresAt user { email name } }
}`;

export function createSession(url, demo) {
  const listeners = new Set();
  let state = restore() ?? { signedOut: false, account: null };
  let pending = null;

  function set(next) {
    state = next;
    sessionStorage.setItem(KEY, JSON.stringify(next));
    for (const listener of listeners) listener();
  }

  async function signIn(email, password) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json" },
      body: JSON.stringify({ query: SIGN_IN, operationName: "SignIn", variables: { input: { email, password } } }),
    });
    const { data, errors } = await response.json();
    if (!data?.signIn) throw new Error(errors?.[0]?.message ?? `The gateway answered ${response.status}`);
    const { accessToken, expiresAt, user } = data.signIn;
    set({ signedOut: false, account: { accessToken, expiresAt, email: user.email, name: user.name } });
  }

  // In the demo one is signed in without asking, and again when the token ends, until one signs out.
  function renew() {
    pending ??= signIn(demo.email, demo.password).finally(() => (pending = null));
    return pending;
  }

  return {
    subscribe: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    state: () => state,
    signIn,
    signOut: () => set({ signedOut: true, account: null }),
    async headers() {
      if (!isValid(state.account)) {
        if (demo && !state.signedOut) await renew().catch(() => {});
        else if (state.account) set({ ...state, account: null });
      }
      return isValid(state.account) ? { authorization: `Bearer ${state.account.accessToken}` } : {};
    },
  };
}

function isValid(account) {
  return account !== null && Date.parse(account.expiresAt) - LEEWAY_MS > Date.now();
}

function restore() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}
