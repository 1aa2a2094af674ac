"""The statistics that come with every answer of a query; only the summary says something here."""

from __future__ import annotations

from typing import Any

_CHUNK = (
    "headChunkBytes", "headChunkLines", "decompressedBytes", "decompressedLines", "compressedBytes", "totalDuplicates",
    "postFilterLines", "headChunkStructuredMetadataBytes", "decompressedStructuredMetadataBytes",
)  # fmt: skip
_DATAOBJ = (
    "prePredicateDecompressedRows", "prePredicateDecompressedBytes", "prePredicateDecompressedStructuredMetadataBytes",
    "postPredicateRows", "postPredicateDecompressedBytes", "postPredicateStructuredMetadataBytes", "postFilterRows",
    "pagesScanned", "pagesDownloaded", "pagesDownloadedBytes", "pageBatches", "totalRowsAvailable",
    "totalPageDownloadTime", "wireBytesTransferred",
)  # fmt: skip
_CACHE = (
    "entriesFound", "entriesRequested", "entriesStored", "bytesReceived", "bytesSent", "requests", "downloadTime",
    "queryLengthServed",
)  # fmt: skip
_CACHES = (
    "chunk", "index", "result", "statsResult", "volumeResult", "seriesResult", "labelResult", "instantMetricResult",
    "logResult", "taskResult",
)  # fmt: skip


def _nought(names: tuple[str, ...]) -> dict[str, Any]:
    return dict.fromkeys(names, 0)


_STORE: dict[str, Any] = {
    **_nought(("totalChunksRef", "totalChunksDownloaded", "chunksDownloadTime")),
    "queryReferencedStructuredMetadata": False,
    "queryUsedV2Engine": False,
    "chunk": _nought(_CHUNK),
    **_nought(("chunkRefsFetchTime", "congestionControlLatency", "pipelineWrapperFilteredLines")),
    "dataobj": _nought(_DATAOBJ),
}
_REST: dict[str, Any] = {
    "querier": {"store": _STORE, "querierExecTime": 0},
    "ingester": {
        **_nought(("totalReached", "totalChunksMatched", "totalBatches", "totalLinesSent")),
        "store": _STORE,
        "recvWaitTime": 0,
    },
    "cache": {name: _nought(_CACHE) for name in _CACHES},
    "index": {
        **_nought(("totalChunks", "postFilterChunks", "shardsDuration")),
        "usedBloomFilters": False,
        **_nought(("totalStreams", "chunkRefsLookupTime", "bloomFilterTime")),
    },
}


def statistics(entries: int, seconds: float) -> dict[str, Any]:
    """Units: `seconds` is what the query took."""
    summary = {
        **_nought(("bytesProcessedPerSecond", "linesProcessedPerSecond", "totalBytesProcessed", "totalLinesProcessed")),
        "execTime": round(seconds, 6),
        "queueTime": 0,
        "subqueries": 0,
        "totalEntriesReturned": entries,
        "splits": 1,
        "shards": 0,
        **_nought(("totalPostFilterLines", "totalStructuredMetadataBytesProcessed", "estimatedQueryBytes")),
    }
    return {"summary": summary, **_REST}
