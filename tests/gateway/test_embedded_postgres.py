"""The private PostgreSQL: as root and as a plain user, a second start, a crash, and what cannot work."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from gateway.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from gateway.embedded_postgres.binaries import find_binaries
from gateway.embedded_postgres.cluster import find_postmaster

ROOT = Path(__file__).parents[2]
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def ask(dsn: str, sql: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def made_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that was made by a first start."""
    root = tmp_path_factory.mktemp("postgres")
    with EmbeddedPostgres(root, durable=False) as server:
        ask(server.dsn(), "CREATE TABLE kept AS SELECT 1 AS one")
    return root


@pytest.fixture
def root(made_root: Path) -> Iterator[Path]:
    yield made_root
    found = find_postmaster(made_root / "data")
    assert found is None, "the test left a server behind"


def test_data_outlives_the_server(root: Path) -> None:
    with EmbeddedPostgres(root, durable=False) as server:
        assert ask(server.dsn(), "SELECT one FROM kept") == 1


def test_durable_server_syncs_and_a_fast_one_does_not(root: Path) -> None:
    for durable in (True, False):
        with EmbeddedPostgres(root, durable=durable) as server:
            assert ask(server.dsn(), "SHOW fsync") == ("on" if durable else "off")


def test_second_start_adopts_the_running_server_and_leaves_it_running(root: Path) -> None:
    with EmbeddedPostgres(root, durable=False) as first:
        with EmbeddedPostgres(root, durable=False) as second:
            assert second.adopted
            assert second.dsn("a") == first.dsn("a")
        assert ask(first.dsn(), "SELECT 1") == 1


def test_server_starts_again_after_a_crash(root: Path) -> None:
    crashed = EmbeddedPostgres(root, durable=True).start()
    found = find_postmaster(root / "data")
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    crashed.stop()
    with EmbeddedPostgres(root, durable=True) as server:
        assert not server.adopted
        assert ask(server.dsn(), "SELECT one FROM kept") == 1


def test_lock_file_whose_id_belongs_to_another_program_is_removed(root: Path) -> None:
    lock = root / "data" / "postmaster.pid"
    lock.write_text(f"{os.getppid()}\n{root / 'data'}\n0\n5432\n{root / 'socket'}\n\n0 0\nready\n")
    with EmbeddedPostgres(root, durable=False) as server:
        assert not server.adopted


def test_nothing_listens_on_a_network(root: Path) -> None:
    with EmbeddedPostgres(root, durable=False) as server:
        assert ask(server.dsn(), "SHOW listen_addresses") == ""
        assert (root / "socket").stat().st_mode & 0o077 == 0


def test_persons_pg_variables_do_not_reach_the_server(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/nonexistent")
    monkeypatch.setenv("PGPORT", "1")
    with EmbeddedPostgres(root, durable=False) as server:
        assert ask(server.dsn() + "&port=5432", "SHOW port") == "5432"


def test_socket_of_a_deep_folder_is_kept_short(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / ("deep" * 15) / ("er" * 20), durable=False) as server:
        assert ask(server.dsn(), "SELECT 1") == 1
        assert str(tmp_path) not in server.dsn()


def test_data_of_another_major_version_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedPostgresError, match="holds data of PostgreSQL 9, the programs here are") as error:
        EmbeddedPostgres(tmp_path).start()
    assert "\n" not in str(error.value)


def test_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(EmbeddedPostgresError, match="holds no PostgreSQL data"):
        EmbeddedPostgres(tmp_path).start()


def test_half_made_data_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "data.tmp").mkdir()
    (tmp_path / "data.tmp" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert ask(server.dsn(), "SELECT 1") == 1


def test_root_that_is_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedPostgresError, match="cannot be written") as error:
        EmbeddedPostgres(tmp_path / "file").start()
    assert "\n" not in str(error.value)


def test_server_that_does_not_start_says_its_last_words(tmp_path: Path, made_root: Path) -> None:
    shutil.copytree(made_root / "data", tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "global")
    with pytest.raises(
        EmbeddedPostgresError, match=r"did not start: .*pg_filenode.map|did not start: .*global"
    ) as error:
        EmbeddedPostgres(tmp_path, durable=False).start()
    assert "\n" not in str(error.value)


def test_folder_without_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="no PostgreSQL programs"):
        find_binaries(tmp_path)


def test_dsn_needs_a_running_server(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="not running"):
        EmbeddedPostgres(tmp_path).dsn()


@as_root
def test_root_without_namespaces_falls_back_to_nobody(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path, durable=False, allow_namespace=False) as server:
        home = Path(server.dsn().split("host=")[1]).parent
        assert home.stat().st_uid == NOBODY
        assert ask(server.dsn(), "SELECT 1") == 1
    shutil.rmtree(home)


CHILD = """
import sys
from pathlib import Path
from gateway.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
try:
    with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as server:
        print("started", server.dsn())
        sys.stdin.readline()
except EmbeddedPostgresError as error:
    print(error)
"""


def interpreter_for_nobody() -> str:
    """An interpreter that the account nobody can start; the tests' own one often stands below a closed folder."""
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    for candidate in (sys.executable, "/usr/bin/python3"):
        try:
            told = subprocess.run([candidate, "-c", probe], check=False, cwd="/", user=NOBODY, group=NOBODY)
        except OSError:
            continue
        if told.returncode == 0:
            return candidate
    pytest.skip("the account nobody can reach no Python 3.11")


def start_as_nobody(root: Path) -> subprocess.Popen[str]:
    packages = Path(asyncpg.__file__).parents[1]
    return subprocess.Popen(
        [interpreter_for_nobody(), "-c", CHILD, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd="/", user=NOBODY, group=NOBODY, extra_groups=[],
        env={"PYTHONPATH": f"{ROOT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath},
    )  # fmt: skip


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


@as_root
def test_plain_user_runs_it_as_itself(nobodys_folder: Path) -> None:
    with start_as_nobody(nobodys_folder / "new") as child:
        out, _ = child.communicate("\n", timeout=60)
    assert out.startswith("started postgresql://gateway@/postgres?host=")
    assert (nobodys_folder / "new" / "data").stat().st_uid == NOBODY


@as_root
def test_plain_user_is_told_of_a_folder_that_it_cannot_write(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    with start_as_nobody(folder / "new") as child:
        out, _ = child.communicate("\n", timeout=60)
    folder.rmdir()
    assert out == f"{folder / 'new'} cannot be written: Permission denied\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has ended")
def test_server_ends_with_a_killed_starter(root: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("started")
        found = find_postmaster(root / "data")
        assert found is not None
        child.kill()
    for _ in range(500):
        if find_postmaster(root / "data") is None:
            return
        signal.sigtimedwait([], 0.02)
    pytest.fail("the server outlived its starter by 10 s")
