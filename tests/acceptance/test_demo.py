"""What a newcomer does with the demo: sign in, run the examples, and the same in GraphiQL in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import httpx
import pytest

from tests.architecture.project import ROOT

pytestmark = pytest.mark.acceptance
EXAMPLES = sorted((ROOT / "web/graphiql/examples").glob("*.graphql"))
SIGN_IN = "mutation SignIn($input: SignInInput!) { signIn(input: $input) { accessToken } }"
ACCOUNT = {"email": "demo@example.com", "password": "demo-password"}
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def client(demo: str) -> Iterator[httpx.Client]:
    """Signed in as the demo's account."""
    with httpx.Client(base_url=demo, timeout=30) as client:
        answer = client.post("/graphql", json={"query": SIGN_IN, "variables": {"input": ACCOUNT}}).json()
        client.headers["authorization"] = f"Bearer {answer['data']['signIn']['accessToken']}"
        yield client


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_answers_with_data_and_no_errors(client, example):
    answer = client.post("/graphql", json={"query": example.read_text("utf-8")}).json()
    assert "errors" not in answer
    assert None not in answer["data"].values()


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """A real Chromium."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, demo):
    """A page that must neither complain nor ask another host for anything."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    complaints, outside = [], []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(demo) else None)
    yield page
    context.close()
    assert complaints == []
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []


def execute(page):
    """Presses the button once the editor has the query; before, it does nothing."""
    page.wait_for_selector(".graphiql-query-editor .view-line >> text=query")
    page.click(".graphiql-execute-button")


def test_graphiql_is_signed_in_and_runs_an_example(page, demo):
    page.goto(f"{demo}/graphiql")
    page.wait_for_selector(f".bar >> text={ACCOUNT['email']}")
    page.click(".shelf button >> text=The sources, and who I am")
    execute(page)
    page.wait_for_selector(".result-window >> text=circuit")
    assert page.inner_text(".timing").startswith("200 in ")


def test_graphiql_link_carries_query_and_variables(page, demo):
    page.goto(
        f"{demo}/graphiql#query=query+Q%28%24slug%3AString%21%29%7Bproject%28slug%3A%24slug%29%7Bname%7D%7D&variables=%7B%22slug%22%3A%22shop%22%7D"
    )
    page.wait_for_selector(f".bar >> text={ACCOUNT['email']}")
    execute(page)
    page.wait_for_selector(".result-window >> text=name")


def test_graphiql_refuses_a_wrong_password_and_accepts_the_right_one(page, demo):
    page.goto(f"{demo}/graphiql")
    page.click("text=Sign out")
    page.fill("[name=password]", "wrong")
    page.click(".bar >> text=Sign in")
    page.wait_for_selector(".bar [role=alert]")
    page.fill("[name=password]", ACCOUNT["password"])
    page.click(".bar >> text=Sign in")
    page.wait_for_selector(f".bar >> text={ACCOUNT['email']}")


def test_graphiql_explorer_writes_the_query(page, demo):
    page.goto(f"{demo}/graphiql#query=%7Bviewer%7Bname%7D%7D")
    page.wait_for_selector(".shelf button")
    page.click("[aria-label='Show GraphiQL Explorer']")
    page.click(".graphiql-explorer-root >> text=createdAt")
    page.wait_for_selector(".graphiql-query-editor >> text=createdAt")
