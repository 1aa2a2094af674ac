"""What happens inside the shop when one of its six routes is asked."""

from __future__ import annotations

from gateway.demo.scenario import failures
from gateway.demo.scenario.facts import Raw
from gateway.demo.scenario.routes import Route, Shape
from gateway.demo.scenario.steps import Caller, Note, Step

FRONTEND, CATALOG, CART = Caller("shop", "frontend"), Caller("shop", "catalog"), Caller("shop", "cart")
CHECKOUT, PAYMENT, INVENTORY = Caller("shop", "checkout"), Caller("shop", "payment"), Caller("shop", "inventory")


def _session() -> Step:
    return FRONTEND.cache("GET", "session:{session}")


def home(shape: Shape) -> Step:
    broken = shape.fault == "pool"
    products = CATALOG.serve(
        "GET",
        "/products",
        CATALOG.cache("GET", "front-page", hit=shape.chance(0.8)),
        CATALOG.query("SELECT", "products", rows=24, own_ms=3.5),
        CATALOG.query("SELECT", "promotions", rows=3),
        status=500 if broken else 200,
    )
    if broken:
        products.fail(failures.CATALOG_POOL_EXHAUSTED)
    render = FRONTEND.work("render template", own_ms=5.0, template="home.html")
    steps = [_session(), FRONTEND.call(products), *([] if broken else [render])]
    return FRONTEND.serve("GET", "/", *steps, status=502 if broken else 200)


def product(shape: Shape) -> Step:
    if shape.fault == "not_found":
        missing = CATALOG.serve(
            "GET", "/products/{id}", CATALOG.query("SELECT", "products", rows=0), status=404, path="/products/{product}"
        )
        missing.notes.append(Note("warn", "no such product", {"product": Raw("product")}))
        return FRONTEND.serve(
            "GET", "/products/{id}", _session(), FRONTEND.call(missing), status=404, path="/products/{product}"
        )
    found = CATALOG.serve(
        "GET",
        "/products/{id}",
        CATALOG.cache("GET", "product:{product}", hit=shape.chance(0.7)),
        CATALOG.query("SELECT", "products"),
        CATALOG.query("SELECT", "reviews", rows=12, own_ms=3.0),
        path="/products/{product}",
    )
    stock = INVENTORY.serve("GET", "/stock/{sku}", INVENTORY.query("SELECT", "stock"), path="/stock/{sku}")
    render = FRONTEND.work("render template", own_ms=4.0, template="product.html")
    page = FRONTEND.serve(
        "GET",
        "/products/{id}",
        _session(),
        FRONTEND.call(found),
        FRONTEND.call(stock),
        render,
        path="/products/{product}",
    )
    if shape.fault == "render":
        page.attributes["http.response.status_code"] = page.http_status = 500
        render.fail(failures.RENDER_ERROR)
        page.fail(failures.RENDER_ERROR)
    return page


def search(shape: Shape) -> Step:
    broken = shape.fault == "ranking"
    rank = CATALOG.work("rank results", own_ms=6.0, search__results=Raw("results"))
    hits = CATALOG.serve(
        "GET",
        "/search",
        CATALOG.query("SELECT", "products", rows=60, own_ms=9.0),
        rank,
        status=500 if broken else 200,
        notes=(Note("info", "search", {"term": Raw("term"), "results": Raw("results")}, at=0.9),),
    )
    hits.attributes["search.term"] = Raw("term")
    if broken:
        rank.fail(failures.SEARCH_INDEX_ERROR)
        hits.fail(failures.SEARCH_INDEX_ERROR)
    render = FRONTEND.work("render template", own_ms=3.0, template="search.html")
    return FRONTEND.serve(
        "GET", "/search", _session(), FRONTEND.call(hits), *([] if broken else [render]), status=502 if broken else 200
    )


def add_to_cart(shape: Shape) -> Step:
    broken = shape.fault == "conflict"
    stock = INVENTORY.serve("GET", "/stock/{sku}", INVENTORY.query("SELECT", "stock"), path="/stock/{sku}")
    write = CART.cache("HSET", "cart:{user}")
    item = CART.serve(
        "POST",
        "/items",
        CART.cache("HGETALL", "cart:{user}"),
        CART.call(stock),
        write,
        status=503 if broken else 201,
        notes=(Note("info", "item added", {"user": Raw("user"), "sku": Raw("sku"), "items": Raw("items")}, at=0.95),)
        if not broken
        else (),
    )
    if broken:
        write.fail(failures.CART_CONFLICT)
        item.fail(failures.CART_CONFLICT)
    return FRONTEND.serve("POST", "/cart/items", _session(), FRONTEND.call(item), status=503 if broken else 201)


def show_cart(shape: Shape) -> Step:
    prices = CATALOG.serve(
        "GET",
        "/prices",
        CATALOG.cache("MGET", "price:{sku}", hit=shape.chance(0.85)),
        CATALOG.query("SELECT", "prices", rows=4),
    )
    items = CART.serve("GET", "/cart", CART.cache("HGETALL", "cart:{user}"), CART.call(prices))
    render = FRONTEND.work("render template", own_ms=3.0, template="cart.html")
    return FRONTEND.serve("GET", "/cart", _session(), FRONTEND.call(items), render)


def _charge(shape: Shape) -> Step:
    processor = PAYMENT.external("psp", "api.psp.example", "/v1/charges", own_ms=48.0, status=201)
    steps = [PAYMENT.query("SELECT", "cards"), processor]
    failure = {"timeout": failures.PROCESSOR_TIMEOUT, "unavailable": failures.PROCESSOR_UNAVAILABLE}.get(shape.fault)
    if failure is None:
        steps += [PAYMENT.query("INSERT", "charges")]
        note = Note(
            "info", "charged", {"order": Raw("order"), "amount": Raw("amount"), "currency": Raw("currency")}, at=0.95
        )
        return PAYMENT.serve("POST", "/charge", *steps, status=201, notes=(note,))
    if shape.fault == "timeout":
        processor.own_ms = 400.0
        del processor.attributes["http.response.status_code"]
    else:
        processor.attributes["http.response.status_code"] = 503
    processor.fail(failure)
    note = Note("warn", "processor slow, trying again", {"order": Raw("order"), "attempt": 2}, at=0.6)
    return PAYMENT.serve("POST", "/charge", *steps, status=502, notes=(note,)).fail(failure)


def _reserve(shape: Shape) -> Step:
    updates = [INVENTORY.query("UPDATE", "stock", own_ms=3.5) for _ in range(1 + shape.upto(3))]
    short = shape.fault == "stock"
    step = INVENTORY.serve("POST", "/reserve", *updates, status=500 if short else 200)
    return step.fail(failures.STOCK_UNDERFLOW) if short else step


def _place() -> list[Step]:
    note = Note("info", "pick planned", {"order": Raw("order")})
    work = [INVENTORY.query("SELECT", "warehouses"), INVENTORY.query("INSERT", "picks")]
    pick = INVENTORY.consume("orders", *work, notes=(note,))
    rows = [CHECKOUT.query("INSERT", "orders"), CHECKOUT.query("INSERT", "order_items", rows=3)]
    return [*rows, CHECKOUT.publish("orders", pick)]


def _order(shape: Shape) -> Step:
    unpaid, short = shape.fault in ("timeout", "unavailable"), shape.fault == "stock"
    cart = CART.serve("GET", "/cart", CART.cache("HGETALL", "cart:{user}"))
    prices = [CHECKOUT.cache("GET", f"price:{{{key}}}", hit=shape.chance(0.8)) for key in ("sku", "other_sku")]
    steps = [CHECKOUT.call(cart), *prices, CHECKOUT.call(_reserve(shape))]
    if not short:
        steps.append(CHECKOUT.call(_charge(shape)))
    received = Note(
        "info", "order received", {"order": Raw("order"), "items": Raw("items"), "user": Raw("user")}, at=0.02
    )
    if unpaid or short:
        reason = "payment answered 502" if unpaid else "reservation answered 500"
        outcome = Note("error", "order failed", {"order": Raw("order"), "err": reason}, at=0.98)
    else:
        steps += _place()
        bill = {"order": Raw("order"), "total": Raw("amount"), "currency": Raw("currency")}
        outcome = Note("info", "order placed", bill, at=0.98)
    status = 502 if unpaid or short else 201
    order = CHECKOUT.serve("POST", "/orders", *steps, status=status, own_ms=3.0, notes=(received, outcome))
    facts = {"id": "order", "items": "items", "total": "amount", "express": "express"}
    order.attributes |= {f"order.{name}": Raw(fact) for name, fact in facts.items()}
    return order.fail(failures.ORDER_NOT_PAID) if unpaid else order


def checkout(shape: Shape) -> Step:
    order = _order(shape)
    render = FRONTEND.work(
        "render template", own_ms=3.5, template="sorry.html" if order.http_status >= 500 else "thanks.html"
    )
    return FRONTEND.serve("POST", "/checkout", _session(), FRONTEND.call(order), render, status=order.http_status)


ROUTES = (
    Route("GET /", 28, home, faults={"pool": 0.006}),
    Route("GET /products/{id}", 28, product, faults={"render": 0.006}, rejections={"not_found": 0.02}),
    Route("GET /search", 12, search, faults={"ranking": 0.012}),
    Route("POST /cart/items", 13, add_to_cart, faults={"conflict": 0.012}),
    Route("GET /cart", 7, show_cart),
    Route(
        "POST /checkout",
        12,
        checkout,
        faults={"timeout": 0.004, "unavailable": 0.006, "stock": 0.004},
        outage_faults={"timeout": 0.22, "unavailable": 0.18},
        outage_drag={"payment": 9.0},
    ),
)
