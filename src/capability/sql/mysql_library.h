/* The functions of libmariadb that are used, once it is loaded. */
#ifndef WY_CAPABILITY_SQL_MYSQL_LIBRARY_H
#define WY_CAPABILITY_SQL_MYSQL_LIBRARY_H

#include <mysql.h>
#include <stdbool.h>

#define WY_MY_FUNCTIONS(X)                                                                         \
    X(mysql_init)                                                                                  \
    X(mysql_options)                                                                               \
    X(mysql_real_connect)                                                                          \
    X(mysql_real_connect_start)                                                                    \
    X(mysql_real_connect_cont)                                                                     \
    X(mysql_get_socket)                                                                            \
    X(mysql_thread_id)                                                                             \
    X(mysql_close)                                                                                 \
    X(mysql_errno)                                                                                 \
    X(mysql_error)                                                                                 \
    X(mysql_query)                                                                                 \
    X(mysql_reset_connection_start)                                                                \
    X(mysql_reset_connection_cont)                                                                 \
    X(mysql_set_character_set_start)                                                               \
    X(mysql_set_character_set_cont)                                                                \
    X(mariadb_get_infov)                                                                           \
    X(mysql_stmt_init)                                                                             \
    X(mysql_stmt_close)                                                                            \
    X(mysql_stmt_errno)                                                                            \
    X(mysql_stmt_error)                                                                            \
    X(mysql_stmt_prepare_start)                                                                    \
    X(mysql_stmt_prepare_cont)                                                                     \
    X(mysql_stmt_param_count)                                                                      \
    X(mysql_stmt_bind_param)                                                                       \
    X(mysql_stmt_execute_start)                                                                    \
    X(mysql_stmt_execute_cont)                                                                     \
    X(mysql_stmt_affected_rows)                                                                    \
    X(mysql_stmt_field_count)                                                                      \
    X(mysql_stmt_result_metadata)                                                                  \
    X(mysql_fetch_fields)                                                                          \
    X(mysql_free_result)                                                                           \
    X(mysql_stmt_bind_result)                                                                      \
    X(mysql_stmt_fetch_start)                                                                      \
    X(mysql_stmt_fetch_cont)                                                                       \
    X(mysql_stmt_fetch_column)                                                                     \
    X(mysql_stmt_free_result_start)                                                                \
    X(mysql_stmt_free_result_cont)                                                                 \
    X(mysql_stmt_more_results)                                                                     \
    X(mysql_stmt_next_result_start)                                                                \
    X(mysql_stmt_next_result_cont)

typedef struct wy_my {
#define X(name) __typeof__(&name) name;
    WY_MY_FUNCTIONS(X)
#undef X
} wy_my;

/* A wy_my, as wy_sql_library_load. */
bool wy_my_load(void **library_out, char text[256]);

#endif
