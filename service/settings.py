"""What can be set, what is its default, and what does it do? One table, read from SAMESTORY_* variables.

Values are validated once and frozen; `docs` list every field from here, and a test checks that they do.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.errors import InvalidSetting

MIB = 1024 * 1024
POSTGRESQL = ("postgresql", "postgres")
TLS_REDIS = "rediss"


def option(default: Any, help: str, **limits: Any) -> Any:
    """One row of the table: its default, what it does, and the limits pydantic checks."""
    return Field(default, description=help, **limits)


class Settings(BaseSettings):
    """Every setting of samestory; `Settings()` reads the environment, keyword arguments outrank it."""

    model_config = SettingsConfigDict(
        env_prefix="SAMESTORY_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    # Where data lives and where the door opens
    data: Path = option(Path("data"), "Directory of the store; made when missing.")
    store_url: str | None = option(
        None,
        "PostgreSQL store, postgresql://USER@HOST/DATABASE; a SQLite file in `data` when unset.",
        repr=False,
    )
    store_password_file: Path | None = option(None, "File that holds the password of the store's user.")
    host: str = option("127.0.0.1", "Address to listen on; one that others can reach needs a key.")
    port: int = option(8420, "Port to listen on; 0 takes any free one.", ge=0, le=65535)
    allowed_hosts: tuple[str, ...] = option(
        (),
        "Host names besides loopback that requests may be addressed to, as a proxy passes them (JSON list).",
    )
    redis_url: str = option(
        "redis://127.0.0.1:6379/0", "Broker of the Celery workers; unused by the embedded engine.", repr=False
    )
    redis_password_file: Path | None = option(None, "File that holds the broker's password.")
    redis_ca_file: Path | None = option(
        None,
        "Certificates of the authority that vouches for the broker, whose address begins with rediss://; the "
        "system's when unset.",
    )

    # Which articles are compared with each other
    window_days: float = option(7.0, "Days of arrival time an article stays in the window.", gt=0)
    copy_days: float = option(30.0, "Most days between two articles that can be copies.", gt=0)
    window_articles: int = option(500_000, "Most articles in the window, newest first.", ge=1)

    # What shapes a sketch: changing one of these needs `samestory rebuild`
    shingle: int = option(3, "Words in one shingle of the copy sketch.", ge=1, le=16)
    num_perm: int = option(128, "Slots of a MinHash signature.", ge=16, le=1024)
    seed: int = option(1, "Seed of the MinHash permutations; 1 is datasketch's own.", ge=0)
    max_tokens: int = option(2000, "Words of a main story that are read; the rest is not.", ge=50)
    passage_shingle: int = option(5, "Words in one shingle of the passage sketch.", ge=2, le=16)
    passage_window: int = option(4, "Neighbouring passage shingles, one is kept.", ge=1, le=32)
    unspaced: Literal["ngrams", "icu"] = option(
        "ngrams",
        "Words of scripts without spaces: ngrams (letters in groups) or icu, which needs the extra `cjk`.",
    )
    cross_language: bool = option(
        False, "Whether reports in different languages are linked, by names, numbers and dates they share."
    )

    # How the copies index is cut; costs no rebuild
    bands: int = option(32, "Bands of the copies index; bands * rows <= num_perm.", ge=1)
    rows: int = option(4, "Signature slots in one band.", ge=1)

    # How pairs are judged
    weights: Path | None = option(
        None, "Weights of the same-event model that `samestory train` wrote; the shipped ones when unset."
    )

    # What is accepted from outside
    article_bytes: int = option(MIB, "Largest accepted article in bytes of JSON.", ge=1024)
    batch_bytes: int = option(10 * MIB, "Largest accepted request body in bytes.", ge=1024)
    batch_articles: int = option(10_000, "Most articles in one request.", ge=1)
    header_seconds: float = option(10.0, "Seconds within which a request's headers must have arrived.", gt=0)
    body_seconds: float = option(60.0, "Seconds within which a request's body must have arrived.", gt=0)

    # Feeds that are polled
    feed_private: bool = option(
        False, "Whether feeds and their pages may be read from private addresses, this machine's included."
    )
    feed_seconds: float = option(8.0, "Seconds within which a feed or page must have come.", gt=0, le=12)
    feed_bytes: int = option(5 * MIB, "Largest feed or page that is read, unpacked.", ge=1024)
    feed_minutes: float = option(
        15.0,
        "Fewest minutes between two polls of a feed; one without news is polled less, at least daily.",
        gt=0,
    )
    feed_attempts: int = option(10, "Failed polls in a row after which a feed is dead.", ge=1)
    feed_host_seconds: float = option(1.0, "Seconds between two requests to one host.", gt=0, le=60)

    miniflux_secret_file: Path | None = option(
        None, "File that holds the secret of a Miniflux's webhook; its entries come in at /v1/miniflux."
    )

    # Who may ask, where keys are needed
    public_read: bool = option(False, "Whether reading needs no key.")
    requests_per_minute: int = option(
        6000, "Requests that one key may make in a minute, a sixth of them at once; 0 any number.", ge=0
    )
    anonymous_per_minute: int = option(
        600, "Requests without a key from one address, likewise; 0 any number.", ge=0
    )

    # What is served
    event_streams: int = option(
        100, "Clients that follow the changes live at once; a page that is open is one.", ge=1, le=190
    )

    # What is sent out
    webhook_private: bool = option(
        False, "Whether webhooks may go to private addresses, this machine's included."
    )
    webhook_seconds: float = option(5.0, "Seconds within which a webhook must answer.", gt=0, le=15)
    webhook_attempts: int = option(10, "Failed tries in a row after which a webhook is disabled.", ge=1)
    webhook_pause_seconds: float = option(
        5.0,
        "Pause after a webhook's first failed try; each is four times the one before, at most an hour.",
        gt=0,
    )

    # How work is cut up and when it is done
    prepare_batch: int = option(500, "Articles prepared in one go.", ge=1)
    place_batch: int = option(500, "Articles placed in one transaction.", ge=1)
    prepare_attempts: int = option(5, "Tries to prepare an article before it is rejected.", ge=1)
    recluster_minutes: float = option(30.0, "Minutes between re-clusterings; 0 never.", ge=0)
    recluster_night: float = option(
        3.0,
        "Hour of the day (UTC) at which all that is kept is re-clustered, in stories that have not closed, "
        "beyond the window too; -1 never.",
        ge=-1,
        lt=24,
    )
    recluster_steady: float = option(
        0.02,
        "Largest share of the articles that a re-clustering by the clock moves to other stories, what gains "
        "most first; the rest waits for the next one.",
        ge=0,
        le=1,
    )
    recluster_share: float = option(
        0.2,
        "Largest share of the articles that a re-clustering moves to another story by itself; one that would "
        "move more is held until it is applied by its id.",
        ge=0,
        le=1,
    )
    quiet_hours: float = option(48.0, "Hours without news after which a story is called quiet.", gt=0)
    close_days: float = option(
        7.0, "Days without news after which a story closes: nothing joins it any more; 0 never.", ge=0
    )
    retain_days: float = option(0.0, "Days after which an article is deleted; 0 never.", ge=0)
    retain_articles: int = option(0, "Most articles to keep, the newest; 0 all.", ge=0)
    sweep_seconds: float = option(10.0, "Seconds between sweeps for stuck articles.", gt=0)
    stuck_seconds: float = option(30.0, "Seconds without progress after which one is stuck.", gt=0)
    lease_seconds: float = option(8.0, "Seconds the owner's lease lasts unless renewed.", gt=0)
    busy_seconds: float = option(10.0, "Seconds to wait for another writer of the store.", gt=0)
    store_connections: int = option(10, "Most connections of one process to PostgreSQL.", ge=2)
    statement_seconds: float = option(30.0, "Seconds after which PostgreSQL ends a statement.", gt=0)
    backlog_articles: int = option(
        500_000,
        "Articles that may wait before more are refused with 429: hours of work, beyond every outage that is "
        "promised to cost nothing.",
        ge=1,
    )
    log_level: Literal["debug", "info", "warning"] = option(
        "info", "What services log: debug tells of every article and its story, info of every batch."
    )
    log_format: Literal["auto", "json", "text"] = option(
        "auto", "How services log: json, text, or json unless somebody watches at a terminal."
    )
    idempotency_hours: float = option(24.0, "Hours an Idempotency-Key is remembered.", gt=0)

    @model_validator(mode="after")
    def _bands_fit(self) -> Settings:
        if self.bands * self.rows > self.num_perm:
            raise ValueError("bands times rows must not exceed num_perm")
        if self.article_bytes > self.batch_bytes:
            raise ValueError("article_bytes must not exceed batch_bytes")
        if self.store_password_file is not None and self.store_url is None:
            raise ValueError("store_password_file is set, and store_url, whose password it holds, is not")
        if self.store_url is not None and urlsplit(self.store_url).scheme not in POSTGRESQL:
            raise ValueError("store_url must begin with postgresql://")
        if self.close_days and self.quiet_hours > 24 * self.close_days:
            raise ValueError("quiet_hours must not exceed close_days: a story is quiet before it closes")
        if self.batch_articles > self.backlog_articles:
            raise ValueError("batch_articles must not exceed backlog_articles")
        for url, file in (("store_url", "store_password_file"), ("redis_url", "redis_password_file")):
            address = getattr(self, url)
            if getattr(self, file) is not None and address and urlsplit(address).password:
                raise ValueError(f"{url} has a password, and so has {file}: leave one of them out")
        if self.store_url is not None and self.busy_seconds > self.statement_seconds:
            raise ValueError("busy_seconds must not exceed statement_seconds, within which it is waited")
        if self.redis_ca_file is not None and urlsplit(self.redis_url).scheme != TLS_REDIS:
            raise ValueError("redis_ca_file is set, and redis_url does not begin with rediss://")
        return self

    def local(self) -> bool:
        """Whether only this machine can reach the address that is listened on."""
        try:
            return self.host == "localhost" or ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    def broker_url(self) -> str:
        """The broker's address with the password of `redis_password_file` put in. Raises InvalidSetting."""
        return with_password(self.redis_url, self.redis_password_file, "redis_password_file")

    def broker_tls(self) -> dict[str, Any]:
        """How the broker's certificate is checked; empty for an address without TLS."""
        if urlsplit(self.redis_url).scheme != TLS_REDIS:
            return {}
        authority = {} if self.redis_ca_file is None else {"ssl_ca_certs": str(self.redis_ca_file)}
        return {"ssl_cert_reqs": "required", **authority}

    def store_address(self) -> str | None:
        """The store's address with its password put in; None for a SQLite file. Raises InvalidSetting."""
        if self.store_url is None:
            return None
        return with_password(self.store_url, self.store_password_file, "store_password_file")

    def sketch_parameters(self) -> dict[str, Any]:
        """What shapes a sketch, and nothing else: its digest is the fingerprint stored with the data."""
        return {
            "cross_language": self.cross_language,
            "fold": 1,
            "max_tokens": self.max_tokens,
            "num_perm": self.num_perm,
            "passage_shingle": self.passage_shingle,
            "passage_window": self.passage_window,
            "scheme": "affine32",
            "seed": self.seed,
            "shingle": self.shingle,
            "unspaced": self.unspaced,
        }


def with_password(url: str, file: Path | None, name: str) -> str:
    """An address with the password that a file holds; as it is without a file. Raises InvalidSetting."""
    if file is None:
        return url
    try:
        password = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidSetting(f"{name}: {error.strerror}.") from None
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    user = login.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))
