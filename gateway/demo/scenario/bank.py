"""What happens inside the bank when one of its six routes is asked."""

from __future__ import annotations

from gateway.demo.scenario import failures
from gateway.demo.scenario.facts import Raw
from gateway.demo.scenario.routes import Route, Shape
from gateway.demo.scenario.steps import Caller, Note, Step

GATEWAY, ACCOUNTS, LEDGER = Caller("bank", "gateway"), Caller("bank", "accounts"), Caller("bank", "ledger")
PAYMENTS, FRAUD, NOTIFICATIONS = Caller("bank", "payments"), Caller("bank", "fraud"), Caller("bank", "notifications")


def _authorise() -> list[Step]:
    return [
        GATEWAY.cache("GET", "token:{session}"),
        GATEWAY.work("verify token", own_ms=0.6, enduser__scope="accounts transfers"),
    ]


def login(shape: Shape) -> Step:
    refused = shape.fault == "refused"
    status = 401 if refused else 200
    word = (
        Note("warn", "password refused", {"user": Raw("user")})
        if refused
        else Note("info", "signed in", {"user": Raw("user")}, at=0.95)
    )
    steps = [
        ACCOUNTS.query("SELECT", "customers"),
        ACCOUNTS.work("hash password", own_ms=70.0, hash__algorithm="argon2id"),
    ]
    if not refused:
        steps += [ACCOUNTS.query("UPDATE", "customers"), ACCOUNTS.cache("SET", "token:{session}")]
    check = ACCOUNTS.serve("POST", "/login", *steps, status=status, notes=(word,))
    return GATEWAY.serve("POST", "/login", GATEWAY.call(check), status=status)


def account(shape: Shape) -> Step:
    locked, stale = shape.fault == "locked", shape.fault == "stale"
    lock = LEDGER.query("SELECT", "balances")
    balances = LEDGER.serve("GET", "/balances/{id}", lock, status=503 if locked else 200, path="/balances/{account}")
    steps = [ACCOUNTS.cache("GET", "account:{account}", hit=shape.chance(0.75)), ACCOUNTS.query("SELECT", "accounts")]
    if not stale:
        steps += [ACCOUNTS.query("SELECT", "cards", rows=2), ACCOUNTS.call(balances)]
    status = 503 if locked else 500 if stale else 200
    found = ACCOUNTS.serve("GET", "/accounts/{id}", *steps, status=status, path="/accounts/{account}")
    found.attributes["account.id"] = Raw("account")
    if locked:
        lock.fail(failures.BALANCE_LOCK_TIMEOUT)
        balances.fail(failures.BALANCE_LOCK_TIMEOUT)
    if stale:
        found.fail(failures.ACCOUNT_STALE)
    return GATEWAY.serve(
        "GET", "/accounts/{id}", *_authorise(), GATEWAY.call(found), status=status, path="/accounts/{account}"
    )


def transactions(shape: Shape) -> Step:
    entries = LEDGER.serve(
        "GET",
        "/entries",
        LEDGER.query("SELECT", "entries", rows=50, own_ms=6.0),
        LEDGER.work("add running balance", own_ms=1.2, ledger__entries=50),
    )
    owner = ACCOUNTS.serve("GET", "/owners/{id}", ACCOUNTS.query("SELECT", "owners"), path="/owners/{account}")
    route = "/accounts/{id}/transactions"
    page = GATEWAY.serve(
        "GET", route, *_authorise(), GATEWAY.call(owner), GATEWAY.call(entries), path="/accounts/{account}/transactions"
    )
    page.parallel = shape.chance(0.5)
    return page


def _book(shape: Shape) -> Step:
    lock = LEDGER.query("UPDATE", "balances", own_ms=4.0)
    if shape.fault == "locked":
        lock.own_ms = 120.0
        lock.fail(failures.BALANCE_LOCK_TIMEOUT)
        booked = LEDGER.serve("POST", "/entries", LEDGER.query("INSERT", "entries"), lock, status=503)
        booked.notes.append(Note("warn", "lock wait", {"account": Raw("account"), "waited_ms": 2000}, at=0.8))
        return booked.fail(failures.BALANCE_LOCK_TIMEOUT)
    steps = [
        LEDGER.query("INSERT", "entries"),
        LEDGER.query("INSERT", "entries"),
        lock,
        LEDGER.query("UPDATE", "balances", own_ms=4.0),
    ]
    note = Note(
        "info", "entries booked", {"transfer": Raw("transfer"), "amount": Raw("transfer_amount"), "entries": 2}, at=0.95
    )
    return LEDGER.serve("POST", "/entries", *steps, status=201, notes=(note,))


def _notify(shape: Shape) -> Step:
    mail = NOTIFICATIONS.external("mail", "smtp.mail.example", "/send", own_ms=35.0, status=202)
    task = NOTIFICATIONS.consume(
        "transfers", NOTIFICATIONS.query("INSERT", "outbox", own_ms=4.0), mail, NOTIFICATIONS.query("UPDATE", "outbox")
    )
    if shape.fault == "mail":
        mail.attributes["http.response.status_code"] = 451
        mail.fail(failures.MAIL_REFUSED)
        task.notes.append(Note("error", "mail refused, will try again", {"transfer": Raw("transfer")}, at=0.9))
        return task.fail(failures.MAIL_REFUSED)
    task.notes.append(Note("info", "customer notified", {"transfer": Raw("transfer"), "channel": "mail"}, at=0.95))
    return task


def transfer(shape: Shape) -> Step:
    locked, unscored = shape.fault == "locked", shape.fault == "model"
    infer = FRAUD.work("model inference", own_ms=26.0, ml__model="gbt-7", ml__score=Raw("score"))
    features = FRAUD.cache("MGET", "features:{account}", hit=shape.chance(0.9))
    score = FRAUD.serve(
        "POST", "/score", features, FRAUD.query("SELECT", "features", rows=40), infer, status=500 if unscored else 200
    )
    score.notes.append(Note("debug", "scored", {"transfer": Raw("transfer"), "score": Raw("score")}, at=0.95))
    steps = [PAYMENTS.query("SELECT", "limits"), PAYMENTS.call(score)]
    if unscored:
        infer.fail(failures.FRAUD_MODEL_ERROR)
        score.fail(failures.FRAUD_MODEL_ERROR)
    else:
        steps += [PAYMENTS.query("INSERT", "transfers"), PAYMENTS.call(_book(shape))]
    if not unscored and not locked:
        steps += [PAYMENTS.query("UPDATE", "transfers"), PAYMENTS.publish("transfers", _notify(shape))]
    status = 503 if locked else 502 if unscored else 202
    ask = Note(
        "info",
        "transfer requested",
        {"transfer": Raw("transfer"), "amount": Raw("transfer_amount"), "user": Raw("user")},
        at=0.02,
    )
    order = PAYMENTS.serve("POST", "/transfers", *steps, status=status, own_ms=2.0, notes=(ask,))
    order.attributes |= {
        "transfer.id": Raw("transfer"),
        "transfer.amount": Raw("transfer_amount"),
        "transfer.instant": Raw("express"),
    }
    if locked:
        order.fail(failures.TRANSFER_NOT_BOOKED)
    return GATEWAY.serve("POST", "/transfers", *_authorise(), GATEWAY.call(order), status=status)


def freeze_card(shape: Shape) -> Step:
    unknown = shape.fault == "unknown"
    steps = [
        ACCOUNTS.query("SELECT", "cards", rows=0 if unknown else 1),
        *([] if unknown else [ACCOUNTS.query("UPDATE", "cards")]),
    ]
    card = ACCOUNTS.serve(
        "POST", "/cards/{id}/freeze", *steps, status=404 if unknown else 204, path="/cards/{card}/freeze"
    )
    return GATEWAY.serve(
        "POST",
        "/cards/{id}/freeze",
        *_authorise(),
        GATEWAY.call(card),
        status=404 if unknown else 204,
        path="/cards/{card}/freeze",
    )


def statement(shape: Shape) -> Step:
    broken = shape.fault == "heap"
    pages = 2 + shape.upto(6)
    render = [LEDGER.work("render page", own_ms=11.0, statement__page=number + 1) for number in range(pages)]
    load = [LEDGER.query("SELECT", "entries", rows=400, own_ms=14.0), LEDGER.query("SELECT", "balances")]
    made = LEDGER.serve(
        "GET", "/statements/{id}", *load, *render, status=500 if broken else 200, path="/statements/{account}"
    )
    made.attributes |= {"statement.pages": pages, "statement.format": "pdf"}
    if broken:
        render[-1].fail(failures.STATEMENT_TOO_LARGE)
        made.fail(failures.STATEMENT_TOO_LARGE)
    page = GATEWAY.serve(
        "GET",
        "/statements/{id}",
        *_authorise(),
        GATEWAY.call(made),
        status=500 if broken else 200,
        path="/statements/{account}",
    )
    page.follows = "previous"
    return page


ROUTES = (
    Route("POST /login", 14, login, rejections={"refused": 0.06}),
    Route(
        "GET /accounts/{id}",
        32,
        account,
        faults={"stale": 0.006, "locked": 0.002},
        outage_faults={"locked": 0.25},
        outage_drag={"ledger": 14.0},
    ),
    Route("GET /accounts/{id}/transactions", 20, transactions),
    Route(
        "POST /transfers",
        20,
        transfer,
        faults={"locked": 0.003, "model": 0.008, "mail": 0.01},
        outage_faults={"locked": 0.42},
        outage_drag={"ledger": 16.0},
    ),
    Route("POST /cards/{id}/freeze", 4, freeze_card, rejections={"unknown": 0.04}),
    Route("GET /statements/{id}", 10, statement, faults={"heap": 0.006}),
)
