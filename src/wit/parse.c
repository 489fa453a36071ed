/* Parser of packages, interfaces and worlds (CM: WIT.md, from "Top-level items" on). */
#include "wit/parse.h"

#include "base/limits.h"
#include "wit/parser.h"

/* What stands in front of an item. */
typedef struct item_head {
    wy_str docs;
    wy_wit_gate gate;
} item_head;

static bool parse_head(wy_wit_parser *p, item_head *head) {
    *head = (item_head){0};
    return wy_wit_parser_docs(p, &head->docs) && wy_wit_parser_gate(p, &head->gate);
}

/* --- interfaces and worlds --- */

static bool parse_scope_body(wy_wit_parser *p, wy_wit_scope *scope);

static bool parse_func_item(wy_wit_parser *p, wy_wit_scope *scope, wy_wit_item *item) {
    wy_wit_func *func = wy_wit_parser_node(p, sizeof *func);
    if (!func) return false;
    item->kind = WY_WIT_ITEM_FUNC;
    item->func = func;
    func->pos = p->tok.pos;
    return wy_wit_parser_need_id(p, "an item", &func->name) &&
           wy_wit_parser_take_name(p, &scope->taken, func->pos, func->name) &&
           wy_wit_parser_need_op(p, ":") && wy_wit_parser_func_type(p, func) &&
           wy_wit_parser_need_op(p, ";");
}

static wy_wit_scope *new_scope(wy_wit_parser *p, wy_wit_package *package, bool is_world) {
    wy_wit_scope *scope = wy_wit_parser_node(p, sizeof *scope);
    if (!scope) return NULL;
    scope->is_world = is_world;
    scope->package = package;
    scope->top = package->top_uses;
    scope->pos = p->tok.pos;
    wy_map_init(&scope->types, p->arena);
    wy_map_init(&scope->taken, p->arena);
    return scope;
}

/* What follows `name :` in an import or export. */
static bool parse_extern_type(wy_wit_parser *p, wy_wit_scope *world, wy_wit_extern *ext) {
    if (wy_wit_parser_is_word(p, "interface")) {
        ext->kind = WY_WIT_EXTERN_INLINE;
        if (!wy_wit_parser_advance(p) || !(ext->interface = new_scope(p, world->package, false)))
            return false;
        ext->interface->world = world;
        return parse_scope_body(p, ext->interface);
    }
    if (wy_wit_parser_is_word(p, "func") || wy_wit_parser_is_word(p, "async")) {
        ext->kind = WY_WIT_EXTERN_FUNC;
        if (!(ext->func = wy_wit_parser_node(p, sizeof *ext->func))) return false;
        ext->func->name = ext->name;
        ext->func->pos = p->tok.pos;
        return wy_wit_parser_func_type(p, ext->func) && wy_wit_parser_need_op(p, ";");
    }
    return wy_wit_parser_path(p, &ext->path) && wy_wit_parser_need_op(p, ";");
}

/* "name: type" and "ns:pkg/interface" both begin with a name and a colon; what tells them apart is
 * the
 * '/' behind the second name. So nested namespaces are not read here: "a:b:c/d" gives the name "a".
 */
static bool parse_extern(wy_wit_parser *p, wy_wit_scope *world, wy_wit_item *item) {
    wy_wit_extern *ext = wy_wit_parser_node(p, sizeof *ext);
    wy_str first;
    wy_wit_pos pos;
    if (!ext || !wy_wit_parser_advance(p)) return false;
    item->ext = ext;
    pos = p->tok.pos;
    if (!wy_wit_parser_need_id(p, "a name", &first)) return false;
    wy_wit_parser ahead = *p;
    ahead.diag = NULL;
    bool named = false;
    if (wy_wit_parser_is_op(p, ":")) {
        named = true;
        if (wy_wit_parser_advance(&ahead) && ahead.tok.kind == WY_WIT_TOKEN_ID &&
            wy_wit_parser_advance(&ahead))
            named = !wy_wit_parser_is_op(&ahead, "/");
    }
    if (named) {
        ext->name = first;
        return wy_wit_parser_advance(p) && parse_extern_type(p, world, ext);
    }
    ext->path.pos = pos;
    return wy_wit_parser_path_rest(p, first, &ext->path) && wy_wit_parser_need_op(p, ";");
}

static bool parse_include(wy_wit_parser *p, wy_wit_item *item) {
    bool with;
    wy_wit_include *include = wy_wit_parser_node(p, sizeof *include);
    if (!include || !wy_wit_parser_advance(p)) return false;
    item->kind = WY_WIT_ITEM_INCLUDE;
    item->include = include;
    if (!wy_wit_parser_path(p, &include->path) || !wy_wit_parser_accept_word(p, "with", &with))
        return false;
    if (!with) return wy_wit_parser_need_op(p, ";");
    return wy_wit_parser_renames(p, true, &include->names, &include->name_count,
                                 &include->name_cap);
}

static bool parse_item(wy_wit_parser *p, wy_wit_scope *scope, wy_wit_item *item) {
    wy_wit_typedef_kind kind;
    if (!wy_wit_parser_docs(p, &item->docs) || !wy_wit_parser_gate(p, &item->gate)) return false;
    item->pos = p->tok.pos;
    if (wy_wit_parser_is_word(p, "use")) return wy_wit_parser_use(p, scope, item);
    if (wy_wit_parser_typedef_word(p, &kind)) return wy_wit_parser_typedef(p, scope, kind, item);
    if (!scope->is_world) return parse_func_item(p, scope, item);
    if (wy_wit_parser_is_word(p, "import") || wy_wit_parser_is_word(p, "export")) {
        item->kind = wy_wit_parser_is_word(p, "import") ? WY_WIT_ITEM_IMPORT : WY_WIT_ITEM_EXPORT;
        return parse_extern(p, scope, item);
    }
    if (wy_wit_parser_is_word(p, "include")) return parse_include(p, item);
    return wy_wit_parser_expected(p, "an import, export, include, use or type");
}

/* `{ items }` */
static bool parse_scope_body(wy_wit_parser *p, wy_wit_scope *scope) {
    if (!wy_wit_parser_need_op(p, "{")) return false;
    while (!wy_wit_parser_is_op(p, "}")) {
        if (!wy_wit_parser_room(p, &scope->items, scope->item_count, &scope->item_cap,
                                sizeof *scope->items))
            return false;
        wy_wit_item *item = &scope->items[scope->item_count];
        *item = (wy_wit_item){0};
        if (!parse_item(p, scope, item)) return false;
        scope->item_count++;
    }
    return wy_wit_parser_need_op(p, "}");
}

static bool parse_scope(wy_wit_parser *p, wy_wit_package *package, const item_head *head) {
    wy_wit_scope *scope = new_scope(p, package, wy_wit_parser_is_word(p, "world"));
    if (!scope || !wy_wit_parser_advance(p)) return false;
    scope->docs = head->docs;
    scope->gate = head->gate;
    scope->pos = p->tok.pos;
    if (!wy_wit_parser_need_id(p, scope->is_world ? "a world's name" : "an interface's name",
                               &scope->name))
        return false;
    if (wy_map_get(&package->names, scope->name, NULL))
        return wy_wit_parser_fail_twice(p, scope->pos, scope->name);
    if (!wy_map_set(&package->names, scope->name, (uintptr_t)scope))
        return wy_wit_parser_no_memory(p);
    if (!wy_wit_parser_room(p, &package->scopes, package->scope_count, &package->scope_cap,
                            sizeof(wy_wit_scope *)))
        return false;
    package->scopes[package->scope_count++] = scope;
    return parse_scope_body(p, scope);
}

/* --- files and packages --- */

static wy_wit_package *new_package(wy_wit_parser *p, wy_wit_parsed *parsed) {
    wy_wit_package *package = wy_wit_parser_node(p, sizeof *package);
    if (!package) return NULL;
    package->pos = p->tok.pos;
    wy_map_init(&package->names, p->arena);
    if (!wy_wit_parser_room(p, &parsed->packages, parsed->package_count, &parsed->package_cap,
                            sizeof(wy_wit_package *)))
        return NULL;
    return parsed->packages[parsed->package_count++] = package;
}

/* `a:b@1.0.0` behind the word `package`. */
static bool parse_package_name(wy_wit_parser *p, wy_wit_package *package) {
    wy_str part;
    bool more = true;
    package->pos = p->tok.pos;
    if (!wy_wit_parser_need_id(p, "a namespace", &package->name)) return false;
    if (!wy_wit_parser_is_op(p, ":"))
        return wy_wit_parser_expected(p, "\":\" and the package's name");
    if (!wy_wit_parser_advance(p)) return false;
    while (more) {
        if (!wy_wit_parser_need_id(p, "a package's name", &part) ||
            !wy_wit_parser_join(p, &package->name, part))
            return false;
        if (package->name.len > WY_WIT_PACKAGE_NAME_MAX)
            return wy_wit_parser_fail(p, package->pos, WY_LIMIT, "the package's name is too long");
        if (!wy_wit_parser_accept_op(p, ":", &more)) return false;
    }
    return !wy_wit_parser_is_op(p, "@") || wy_wit_parser_need_version(p, &package->version);
}

static bool parse_top_use(wy_wit_parser *p, wy_wit_package *package) {
    bool as;
    wy_wit_top_use *use = wy_wit_parser_node(p, sizeof *use);
    if (!use || !wy_wit_parser_advance(p) || !wy_wit_parser_path(p, &use->path) ||
        !wy_wit_parser_accept_word(p, "as", &as))
        return false;
    if (as && !wy_wit_parser_need_id(p, "a name", &use->alias)) return false;
    if (++package->top_count > WY_MAX_WIT_TOP_USES)
        return wy_wit_parser_fail(p, use->path.pos, WY_LIMIT, "too many uses at the top of a file");
    if (package->top_last)
        package->top_last->next = use;
    else
        package->top_uses = use;
    package->top_last = use;
    return wy_wit_parser_need_op(p, ";");
}

/* A `use`, interface or world. */
static bool parse_package_item(wy_wit_parser *p, wy_wit_package *package, const item_head *head) {
    if (wy_wit_parser_is_word(p, "use")) return parse_top_use(p, package);
    if (wy_wit_parser_is_word(p, "interface") || wy_wit_parser_is_word(p, "world"))
        return parse_scope(p, package, head);
    return wy_wit_parser_expected(p, "\"interface\", \"world\" or \"use\"");
}

static bool parse_nested_package(wy_wit_parser *p, wy_wit_package *package) {
    if (!wy_wit_parser_need_op(p, "{")) return false;
    while (!wy_wit_parser_is_op(p, "}")) {
        item_head head;
        if (!parse_head(p, &head) || !parse_package_item(p, package, &head)) return false;
    }
    return wy_wit_parser_need_op(p, "}");
}

/* A `use` may stand behind what uses its name: every scope of a package sees all of them. */
static void share_top_uses(wy_wit_parsed *parsed) {
    for (uint32_t i = 0; i < parsed->package_count; i++) {
        wy_wit_package *package = parsed->packages[i];
        for (uint32_t j = 0; j < package->scope_count; j++)
            package->scopes[j]->top = package->top_uses;
    }
}

static bool parse_file(wy_wit_parser *p, wy_wit_parsed *parsed) {
    wy_wit_package *home;
    bool nothing_yet = true;
    if (!wy_wit_parser_advance(p) || !(home = new_package(p, parsed))) return false;
    for (; p->tok.kind != WY_WIT_TOKEN_END; nothing_yet = false) {
        item_head before;
        if (!parse_head(p, &before)) return false;
        if (!wy_wit_parser_is_word(p, "package")) {
            if (!parse_package_item(p, home, &before)) return false;
            continue;
        }
        wy_wit_package head = {.docs = before.docs};
        wy_wit_pos pos = p->tok.pos;
        if (!wy_wit_parser_advance(p) || !parse_package_name(p, &head)) return false;
        if (wy_wit_parser_is_op(p, ";")) {
            if (!nothing_yet)
                return wy_wit_parser_fail(p, pos, WY_MALFORMED,
                                          "a file's package line comes first");
            home->name = head.name;
            home->version = head.version;
            home->docs = head.docs;
            home->pos = head.pos;
            if (!wy_wit_parser_advance(p)) return false;
            continue;
        }
        wy_wit_package *nested = new_package(p, parsed);
        if (!nested) return false;
        nested->name = head.name;
        nested->version = head.version;
        nested->docs = head.docs;
        nested->is_nested = true;
        nested->pos = head.pos;
        if (!parse_nested_package(p, nested)) return false;
    }
    return true;
}

wy_err wy_wit_parse(wy_arena *arena, const wy_wit_file *file, wy_wit_parsed *parsed_out,
                    wy_diag *diag) {
    wy_wit_parser p = {.arena = arena, .diag = diag};
    memset(parsed_out, 0, sizeof *parsed_out);
    wy_wit_lexer_init(&p.lexer, file);
    if (file->text.len > WY_MAX_WIT_BYTES)
        return wy_diag_set(diag, WY_LIMIT, WY_STR_FMT ": a WIT file may have %zu bytes at most",
                           WY_STR_ARG(file->path), WY_MAX_WIT_BYTES);
    if (!wy_utf8_valid(file->text.ptr, file->text.len))
        return wy_diag_set(diag, WY_MALFORMED, WY_STR_FMT ": not UTF-8", WY_STR_ARG(file->path));
    if (!parse_file(&p, parsed_out)) return p.err;
    share_top_uses(parsed_out);
    return WY_OK;
}
