/* Every named limit of the host, with its default. Where a setting exists, the comment names it.
 * Reaching one is WY_LIMIT (or a trap), with a text that says which. */
#ifndef WY_BASE_LIMITS_H
#define WY_BASE_LIMITS_H

/* --- components: what a binary may make the loader do (component/) --- */
#define WY_MAX_COMPONENT_BYTES ((size_t)512 << 20) /* size of a component file */
#define WY_MAX_COMPONENT_DEPTH 100                 /* components nested in components */
#define WY_MAX_COMPONENT_ITEMS 1000000             /* entries of any one index space */
#define WY_MAX_COMPONENT_ARENA ((size_t)1 << 30)   /* memory for decoded and validated form */
#define WY_MAX_TYPE_SIZE 1000000                   /* nodes of one type, aliases expanded */
#define WY_MAX_TYPE_DEPTH 100                      /* nesting of one value type */
#define WY_MAX_LABELS 10000                        /* fields, cases, enum labels of one type */
#define WY_MAX_PARAMS 1000                         /* parameters of one function type */
#define WY_MAX_VALIDATION_WORK 100000000           /* type nodes visited to validate a component */
#define WY_MAX_INSTANTIATIONS 10000                /* component instances in one plan */
#define WY_MAX_PLAN_STEPS 100000                   /* steps in one plan */

/* --- values (abi/; CM: MAX_STRING_BYTE_LENGTH, MAX_LIST_BYTE_LENGTH, Table.MAX_LENGTH) --- */
#define WY_MAX_STRING_BYTES (((uint32_t)1 << 28) - 1)
#define WY_MAX_LIST_BYTES (((uint32_t)1 << 28) - 1)
#define WY_MAX_HANDLES ((uint32_t)1000000) /* entries of one handle table; CM allows 2^28 - 1 */
#define WY_MAX_FLAT_PARAMS 16
#define WY_MAX_FLAT_ASYNC_PARAMS 4
#define WY_MAX_FLAT_RESULTS 1
#define WY_MAX_CALL_ARENA ((size_t)1 << 30) /* host copies of one call's values */

/* --- an instance (runtime/, engine/) --- */
#define WY_MAX_MEMORY_BYTES ((uint64_t)1 << 32)  /* all memories of an instance; --max-memory */
#define WY_MAX_TABLE_ELEMENTS 1000000            /* all tables of an instance */
#define WY_MIN_ADDRESS_BYTES ((size_t)128 << 20) /* left under `ulimit -v` at the start */
#define WY_MAX_WASM_STACK ((size_t)512 << 10)    /* guest stack */
#define WY_HOST_STACK ((size_t)512 << 10)        /* host stack on a fiber beyond the guest's */
#define WY_FIBER_STACK ((size_t)2 << 20)         /* a fiber's whole stack: nested guests and host */
#define WY_MAX_SETTINGS_BYTES ((size_t)16 << 20) /* arguments and environment */
#define WY_MAX_EMBED_BYTES                                                                         \
    ((size_t)256 << 20)       /* what a linker, a linked component, an app holds                   \
                               */
#define WY_MAX_INSTANCES 1000 /* live at once in one worker */
#define WY_EPOCH_TICK_MS 10   /* how often a busy guest yields */
#define WY_TURN_US 100        /* of a worker on a processor that others want too */
#define WY_NUDGE_US 1000      /* how often the system is made to choose who runs there */

/* --- HTTP (trigger/http/) --- */
#define WY_MAX_HTTP_HEADER_BYTES ((size_t)64 << 10) /* request line and headers */
#define WY_MAX_HTTP_HEADERS 256
#define WY_MAX_HTTP_BODY_BUFFER ((size_t)256 << 10) /* buffered of a body before back-pressure */
#define WY_MAX_HTTP_CONNECTIONS 10000               /* open at once in one worker */
#define WY_HTTP_HEADER_TIMEOUT_MS 30000             /* to receive a whole head */
#define WY_HTTP_IDLE_TIMEOUT_MS 75000               /* keep-alive without a request */
#define WY_HTTP_DRAIN_TIMEOUT_MS 30000              /* graceful stop; then connections are cut */
#define WY_HTTP_BODY_TIMEOUT_MS 60000               /* a request's body, between two reads */
#define WY_HTTP_WRITE_TIMEOUT_MS 60000              /* a client that takes nothing of a response */
#define WY_MAX_HTTP_PIPELINE_BYTES ((size_t)64 << 10) /* of requests ahead of their responses */
#define WY_MAX_HTTP_IDLE_INSTANCES 64 /* kept between requests, per component; --reuse */

/* --- HTTP client (capability/http/) --- */
#define WY_MAX_HTTP_CLIENT_CONNECTIONS 1000 /* open at once in one worker */
#define WY_MAX_HTTP_CLIENT_KEPT 64          /* kept open without a call */
#define WY_HTTP_FETCH_TIMEOUT_MS 30000      /* what the host itself asks a server for */
#define WY_HTTP_CLIENT_IDLE_MS 30000        /* then a kept connection is closed */
#define WY_HTTP_CONNECT_TIMEOUT_MS 60000    /* where the guest sets none */
#define WY_HTTP_RESPONSE_TIMEOUT_MS 600000  /* first byte, and between bytes: the same */

/* --- Redis client (capability/redis/) --- */
#define WY_MAX_ADDRESS_BYTES 4096         /* of a server's address as it is written */
#define WY_MAX_REDIS_CONNECTIONS 256      /* open at once in one worker; [outbound_redis] */
#define WY_MAX_REDIS_HANDLES 256          /* open connections per instance */
#define WY_MAX_REDIS_SHARED 4             /* connections to one address that commands share */
#define WY_MAX_REDIS_PIPELINE 4096        /* commands under way on one connection */
#define WY_REDIS_PIPELINE_SPREAD 128      /* commands on each before one more is opened */
#define WY_REDIS_CONNECT_TIMEOUT_MS 10000 /* until the login is over */
#define WY_REDIS_ANSWER_TIMEOUT_MS 60000  /* without a byte while commands wait */
#define WY_REDIS_IDLE_MS 60000            /* then an unused connection is closed */
#define WY_REDIS_PING_MS 30000            /* a subscription in which nothing is said asks then */
#define WY_REDIS_RETRY_MIN_MS 100         /* until a lost subscription is made again; doubled */
#define WY_REDIS_RETRY_MAX_MS 10000       /* but not beyond */

/* --- MQTT client (capability/mqtt/) --- */
#define WY_MAX_MQTT_CONNECTIONS 256 /* open at once in one worker; [outbound_mqtt] */
#define WY_MAX_MQTT_HANDLES 256     /* open connections per instance */
#define WY_MAX_MQTT_INFLIGHT 1000   /* messages under way on one connection */
#define WY_MAX_MQTT_PAYLOAD_BYTES ((size_t)128 << 20) /* of a message; [outbound_mqtt] */
#define WY_MAX_MQTT_PACKET_BYTES ((size_t)129 << 20)  /* of a packet that a broker sends */
#define WY_MQTT_CONNECT_TIMEOUT_MS 10000 /* and as long again until the login is over */
#define WY_MQTT_ANSWER_TIMEOUT_MS 60000  /* without a packet while messages are under way */
#define WY_MQTT_RETRY_MIN_MS 100         /* until a lost subscription is made again; doubled */
#define WY_MQTT_RETRY_MAX_MS 10000       /* but not beyond */
#define WY_MQTT_KEEP_ALIVE_S 30          /* of a subscription that names none */
#define WY_MQTT_IDLE_MS 60000            /* then an unused connection is closed */

/* --- messages (trigger/) --- */
#define WY_MAX_MESSAGES_RUNNING 64                    /* handled at once in one worker */
#define WY_MAX_MESSAGE_QUEUE_BYTES ((size_t)64 << 20) /* waiting; then no more are taken */
#define WY_MAX_MESSAGE_RETRIES 1000                   /* of a binding */
#define WY_MESSAGE_RETRY_MIN_MS 100                   /* until the next try; doubled each time */
#define WY_MESSAGE_RETRY_MAX_MS 30000                 /* but not beyond */

/* --- database servers (capability/sql/) --- */
#define WY_MAX_SQL_SERVER_CONNECTIONS 256 /* open at once in one worker */
#define WY_MAX_SQL_SHARE 64               /* of them to one address; then guests wait for one */
#define WY_SQL_CONNECT_TIMEOUT_MS 10000   /* until the login is over */
#define WY_SQL_IDLE_MS 60000              /* then an unused connection is closed */

/* --- language models (capability/llm/) --- */
#define WY_MAX_LLM_INPUT_BYTES ((size_t)16 << 20)  /* a prompt; the texts to embed, together */
#define WY_MAX_LLM_ANSWER_BYTES ((size_t)64 << 20) /* all that a model's server sends as answer */
#define WY_MAX_LLM_EVENT_BYTES ((size_t)1 << 20)   /* one piece of a streamed answer */
#define WY_LLM_CONNECT_TIMEOUT_MS 10000            /* to a model's server */
#define WY_LLM_ANSWER_TIMEOUT_MS 600000            /* for it to begin, and between two pieces */
#define WY_MAX_LLM_CONTEXT_TOKENS 8192             /* prompt and answer, of a model run here */
#define WY_MAX_LLM_MODELS 4                        /* in memory in one worker */
#define WY_MAX_LLM_RUNNING 2                       /* requests that models of one worker work on */
#define WY_MAX_LLM_THREADS 8                       /* that one request is worked on by */
#define WY_LLM_SLICE_MS 50                         /* of work, before a request may be given up */

/* --- streams --- */
#define WY_LISTEN_BACKLOG 4096                   /* connections the kernel queues for a listener */
#define WY_STREAM_CLOSE_TIMEOUT_MS 30000         /* to send what is queued after a close */
#define WY_MAX_CONNECT_ADDRESSES 16              /* addresses of one name that are tried */
#define WY_CONNECT_TIMEOUT_MS 60000              /* resolve, connect, TLS; where none is set */
#define WY_CONNECT_STAGGER_MS 250                /* then the next address is tried beside it */
#define WY_MAX_TLS_CONTEXTS 64                   /* configurations in use at once in one worker */
#define WY_MAX_STREAM_READ ((size_t)1 << 20)     /* bytes one read may return */
#define WY_STREAM_WRITE_PERMIT ((size_t)1 << 20) /* bytes check-write permits at most */

/* --- sockets (interface/wasi/) --- */
#define WY_MAX_GUEST_SOCKETS 1000                 /* that one instance holds open */
#define WY_SOCKET_WRITE_PERMIT ((size_t)64 << 10) /* bytes check-write permits for a connection */

/* --- cron trigger (trigger/cron.h) --- */
#define WY_MAX_CRON_CALLS 64  /* of a binding under way; then a time is left out */
#define WY_CRON_LOOK_MS 30000 /* the clock is looked at so often: it may have been set */

/* --- triggers that are programs of their own (host/foreign.h) --- */
#define WY_MAX_TRIGGER_METADATA_BYTES ((size_t)1 << 20) /* what one says of its options */
#define WY_TRIGGER_PROBE_TIMEOUT_MS 10000               /* for saying so */
#define WY_TRIGGER_STOP_TIMEOUT_MS 10000 /* from the request to end until it is killed */

/* --- files --- */
#define WY_MAX_GUEST_FILES 1000 /* files and folders that one instance holds open */

/* --- manifests and texts (app/, wit/) --- */
#define WY_MAX_MANIFEST_BYTES ((size_t)16 << 20)
#define WY_MAX_TOML_DEPTH 128
#define WY_MAX_APP_FILES 100000              /* copied for one component */
#define WY_MAX_LOCK_BYTES ((size_t)64 << 20) /* an application as JSON, for triggers elsewhere */
#define WY_MAX_WIT_BYTES ((size_t)16 << 20)
#define WY_MAX_WIT_PACKAGES 1000 /* in one set */
#define WY_MAX_WIT_TOP_USES 1000 /* `use` outside of interfaces and worlds, in one file */

/* --- registries (registry/) --- */
#define WY_MAX_REGISTRY_REPLY_BYTES ((size_t)4 << 20) /* a manifest, a token, a list of tags */
#define WY_MAX_REGISTRY_LAYERS 1000                   /* blobs of one image */
#define WY_MAX_REGISTRY_TAGS 100000                   /* versions of one package */
#define WY_MAX_REGISTRY_ARENA ((size_t)64 << 20)      /* what one of them says, decoded */
#define WY_MAX_ARCHIVE_BYTES ((size_t)1 << 30)        /* of files in a layer, unpacked */
#define WY_REGISTRY_UPLOAD_BYTES_MIN 32000            /* a second: a slower upload times out */
#define WY_REGISTRY_TIMEOUT_MS 60000 /* a step of a request; a registry stores meanwhile */

/* --- capabilities --- */
#define WY_MAX_RESULT_BYTES ((size_t)128 << 20)     /* one buffered result of a capability */
#define WY_MAX_CONFIG_VALUE_BYTES ((size_t)1 << 20) /* a variable, templates resolved */
#define WY_MAX_CONFIG_REPLY_BYTES ((size_t)2 << 20) /* of a server that knows a variable */
#define WY_MAX_CONFIG_BYTES ((size_t)256 << 20)     /* all required variables together */
#define WY_MAX_KV_KEY_BYTES 4096
#define WY_MAX_KV_OPEN_STORES 256                  /* per instance */
#define WY_KV_BRIEF_BYTES ((size_t)64 << 10)       /* larger values of a file go by the pool */
#define WY_MAX_KV_MEMORY_BYTES ((size_t)256 << 20) /* keys and values of one store in memory */
#define WY_MAX_KV_TTL_S ((uint64_t)3155760000)     /* 100 years */
#define WY_MAX_SQL_ROOTS_BYTES ((size_t)256 << 10) /* certificates that one connection is given */
#define WY_MAX_SQL_CONNECTIONS 256                 /* of databases, open at once in one instance */
#define WY_MAX_SQL_IDLE_CONNECTIONS 16             /* kept of one SQLite database in one worker */

/* --- worker processes (supervisor/) --- */
#define WY_WORKER_CUT_TIMEOUT_MS 5000    /* from the second request to stop until they are killed */
#define WY_WORKER_DRAIN_TIMEOUT_MS 60000 /* from the request to stop until they are killed */
#define WY_MAX_RETIRED_APPLICATIONS 3    /* replaced in a process and still answering requests */

/* --- compile cache (engine/) --- */
#define WY_MAX_CACHE_BYTES ((uint64_t)2 << 30) /* WITHY_CACHE_MAX_BYTES */

#endif
