# Canonical ABI vectors: skipped where the files are not at hand (WITHY_CONFORMANCE names their
# folder; else shared/conformance beside the source tree).
if(WITHY_TESTS)
  pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
  add_executable(abi_vectors ${CMAKE_SOURCE_DIR}/tests/abi/vectors.c
                             ${CMAKE_SOURCE_DIR}/tests/abi/vector_type.c)
  target_link_libraries(abi_vectors PRIVATE withy_static PkgConfig::JANSSON)
  set_target_properties(abi_vectors PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_compile_definitions(abi_vectors PRIVATE WITHY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME abi_vectors COMMAND abi_vectors)
  set_tests_properties(abi_vectors PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
endif()
