// The bar on top: who is signed in, or the form to sign in.
import { useEffect, useState, useSyncExternalStore } from "react";

export function Bar({ session, demo, onChange }) {
  const { account } = useSyncExternalStore(session.subscribe, session.state);
  useEffect(() => void session.headers(), [session]);
  return (
    <header className="bar">
      <strong>Telemetry gateway</strong>
      {demo && <span className="tag">demo</span>}
      <span className="space" />
      {account ? (
        <SignedIn account={account} onSignOut={() => (session.signOut(), onChange())} />
      ) : (
        <SignIn session={session} demo={demo} onChange={onChange} />
      )}
    </header>
  );
}

function SignedIn({ account, onSignOut }) {
  return (
    <>
      <span title={account.name}>{account.email}</span>
      <button type="button" onClick={onSignOut}>
        Sign out
      </button>
    </>
  );
}

function SignIn({ session, demo, onChange }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  async function submit(event) {
    event.preventDefault();
    const { email, password } = Object.fromEntries(new FormData(event.currentTarget));
    setBusy(true);
    try {
      await session.signIn(email, password);
      onChange();
    } catch (error) {
      setProblem(error.message);
      setBusy(false);
    }
  }
  return (
    <form onSubmit={submit}>
      {problem && <span role="alert">{problem}</span>}
      <input name="email" type="email" aria-label="Email" placeholder="Email" autoComplete="username" required defaultValue={demo?.email} />
      <input name="password" type="password" aria-label="Password" placeholder="Password" autoComplete="current-password" required defaultValue={demo?.password} />
      <button type="submit" disabled={busy}>
        Sign in
      </button>
    </form>
  );
}
