"""The exception kinds that the two namespaces throw, with the frames that their trackers report."""

from __future__ import annotations

from gateway.demo.scenario.facts import Text
from gateway.demo.scenario.steps import Failure

PROCESSOR_TIMEOUT = Failure(
    "ReadTimeout",
    Text("card processor did not answer within 3.0 s"),
    "httpx",
    (
        ("charge", "payment/routes.py", 58, True, "receipt = await processor.charge(card, amount)"),
        ("charge", "payment/processor.py", 112, True, "response = await self._client.post('/v1/charges', json=body)"),
        ("post", "httpx/_client.py", 1859, False, "return await self.request("),
        ("map_httpcore_exceptions", "httpx/_transports/default.py", 118, False, "raise mapped_exc(message) from exc"),
    ),
)
PROCESSOR_UNAVAILABLE = Failure(
    "ProcessorUnavailable",
    Text("card processor returned 503 for {card}"),
    "payment.processor",
    (
        ("charge", "payment/routes.py", 58, True, "receipt = await processor.charge(card, amount)"),
        ("charge", "payment/processor.py", 121, True, "raise ProcessorUnavailable(response.status_code, card)"),
    ),
)
ORDER_NOT_PAID = Failure(
    "com.shop.checkout.PaymentFailedException",
    Text("payment of order {order} answered 502"),
    "com.shop.checkout",
    (
        ("doPost", "OrderResource.java", 74, True, "return orders.place(request);"),
        ("place", "OrderService.java", 131, True, "var receipt = payments.charge(order);"),
        ("charge", "PaymentClient.java", 49, True, "throw new PaymentFailedException(order.id(), status);"),
    ),
)
CATALOG_POOL_EXHAUSTED = Failure(
    "TimeoutError",
    Text("QueuePool limit of size 10 overflow 5 reached, connection timed out"),
    "sqlalchemy.exc",
    (
        ("list_products", "catalog/views.py", 33, True, "rows = session.execute(query).all()"),
        ("_do_get", "sqlalchemy/pool/impl.py", 166, False, "raise exc.TimeoutError("),
    ),
)
SEARCH_INDEX_ERROR = Failure(
    "KeyError",
    Text("'rank_{term}'"),
    "builtins",
    (
        ("search", "catalog/views.py", 71, True, "hits = ranking.order(rows, term)"),
        ("order", "catalog/ranking.py", 24, True, "weight = WEIGHTS[f'rank_{term}']"),
    ),
)
CART_CONFLICT = Failure(
    "*errors.errorString",
    Text("redis: transaction failed: cart of {user} changed"),
    "cart/store",
    (
        ("AddItem", "cart/handler.go", 66, True, "if err := h.store.Add(ctx, user, item); err != nil {"),
        ("Add", "cart/store/redis.go", 41, True, 'return fmt.Errorf("redis: transaction failed: %w", err)'),
    ),
    level="warning",
)
STOCK_UNDERFLOW = Failure(
    "*stock.UnderflowError",
    Text("stock of {sku} would fall below zero"),
    "inventory/stock",
    (
        ("Reserve", "inventory/handler.go", 52, True, "if err := h.stock.Take(ctx, sku, n); err != nil {"),
        ("Take", "inventory/stock/stock.go", 88, True, "return &UnderflowError{SKU: sku}"),
    ),
)
RENDER_ERROR = Failure(
    "TypeError",
    Text("Cannot read properties of undefined (reading 'price')"),
    "frontend",
    (
        ("handle", "src/server.js", 90, True, "const html = await render(page, data)"),
        ("render", "src/render.js", 37, True, "total += item.product.price * item.count"),
    ),
)

BALANCE_LOCK_TIMEOUT = Failure(
    "org.postgresql.util.PSQLException",
    Text("ERROR: canceling statement due to lock timeout (account {account})"),
    "org.postgresql.util",
    (
        ("post", "EntryResource.java", 61, True, "return ledger.book(entry);"),
        ("book", "LedgerService.java", 118, True, "balances.lockAndUpdate(entry.account(), entry.amount());"),
        ("executeQuery", "PgPreparedStatement.java", 134, False, "checkNoResultUpdate();"),
    ),
)
TRANSFER_NOT_BOOKED = Failure(
    "LedgerError",
    Text("ledger refused {transfer} with 503"),
    "payments.ledger",
    (
        ("create_transfer", "payments/routes.py", 84, True, "await ledger.book(transfer)"),
        ("book", "payments/ledger.py", 40, True, "raise LedgerError(transfer.id, response.status_code)"),
    ),
)
FRAUD_MODEL_ERROR = Failure(
    "ValueError",
    Text("Input contains NaN in feature amount_30d of {account}"),
    "sklearn.utils.validation",
    (
        ("score", "fraud/service.py", 47, True, "probability = model.predict_proba(features)[0, 1]"),
        ("predict_proba", "sklearn/ensemble/_gb.py", 1391, False, "raw_predictions = self.decision_function(X)"),
        ("_assert_all_finite", "sklearn/utils/validation.py", 147, False, "raise ValueError(msg_err)"),
    ),
)
ACCOUNT_STALE = Failure(
    "jakarta.persistence.OptimisticLockException",
    Text("account {account} was updated by another transaction"),
    "jakarta.persistence",
    (
        ("get", "AccountResource.java", 45, True, "return accounts.load(id);"),
        ("load", "AccountService.java", 92, True, "entityManager.lock(account, LockModeType.OPTIMISTIC);"),
    ),
    level="warning",
)
STATEMENT_TOO_LARGE = Failure(
    "java.lang.OutOfMemoryError",
    Text("Java heap space"),
    "java.lang",
    (
        ("render", "StatementRenderer.java", 203, True, "buffer.write(page.toPdf());"),
        ("grow", "ByteArrayOutputStream.java", 100, False, "buf = Arrays.copyOf(buf, newCapacity);"),
    ),
    level="fatal",
)
MAIL_REFUSED = Failure(
    "Error",
    Text("SMTP 451 temporary failure for {user}"),
    "notifications",
    (
        ("process", "src/consumer.js", 58, True, "await mailer.send(message)"),
        ("send", "src/mailer.js", 21, True, "throw new Error(`SMTP ${reply.code} ${reply.text} for ${to}`)"),
    ),
    level="warning",
)
