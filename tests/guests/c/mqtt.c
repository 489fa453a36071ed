// Publishes through fermyon:spin/mqtt: /?address=A&user=U&password=P&topic=T&payload=X&qos=N, and
// ?bytes=N for a payload of so many bytes, ?times=N to publish so often on one connection.
#include "guest.h"
#include <stdlib.h>

static void write_failure(response *out, fermyon_spin_mqtt_error_t *error) {
    static const char *const names[] = {"invalid-address", "too-many-connections",
                                        "connection-failed", "other"};
    write_text(out, "error ");
    write_text(out, names[error->tag]);
    if (error->tag >= FERMYON_SPIN_MQTT_ERROR_CONNECTION_FAILED) {
        write_text(out, " ");
        write_string(out, error->val.other);
    }
    write_text(out, "\n");
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    guest_string_t path =
        request_path((wasi_http_types_borrow_incoming_request_t){request.__handle});
    guest_string_t address = text("mqtt://127.0.0.1"), user = {0}, password = {0};
    guest_string_t topic = text("topic"), content = text("hello");
    query(path, "address", &address);
    query(path, "user", &user);
    query(path, "password", &password);
    query(path, "topic", &topic);
    query(path, "payload", &content);
    response to = respond_text(out, 200);
    fermyon_spin_mqtt_payload_t payload = {.ptr = content.ptr, .len = content.len};
    size_t bytes = query_number(path, "bytes", 0);
    if (bytes > 0) {
        payload.ptr = malloc(bytes);
        payload.len = bytes;
        memset(payload.ptr, 'x', bytes);
    }
    fermyon_spin_mqtt_own_connection_t connection;
    fermyon_spin_mqtt_error_t error;
    uint64_t keep_alive = query_number(path, "keep", 30);
    if (!fermyon_spin_mqtt_static_connection_open(&address, &user, &password, keep_alive,
                                                  &connection, &error)) {
        write_failure(&to, &error);
        finish(&to);
        return;
    }
    fermyon_spin_mqtt_qos_t qos = (fermyon_spin_mqtt_qos_t)query_number(path, "qos", 0);
    for (uint64_t i = query_number(path, "times", 1); i > 0; i--) {
        if (fermyon_spin_mqtt_method_connection_publish(
                (fermyon_spin_mqtt_borrow_connection_t){connection.__handle}, &topic, &payload, qos,
                &error)) {
            write_text(&to, "ok\n");
        } else {
            write_failure(&to, &error);
        }
    }
    fermyon_spin_mqtt_connection_drop_own(connection);
    finish(&to);
}
